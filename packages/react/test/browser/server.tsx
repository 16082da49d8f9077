import { renderToString } from "react-dom/server";
import { Page, type World } from "./pages.js";

export function render(name: string, world: World): string {
  return renderToString(<Page name={name} world={world} />);
}
