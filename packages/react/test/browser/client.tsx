import { createRoot, hydrateRoot } from "react-dom/client";
import { Page, type World } from "./pages.js";

declare global {
  interface Window {
    page: { name: string; world: World };
    ready?: boolean;
  }
}

const root = document.getElementById("root") as HTMLElement;
const content = <Page {...window.page} />;
if (root.firstChild) hydrateRoot(root, content);
else createRoot(root).render(content);
window.ready = true;
