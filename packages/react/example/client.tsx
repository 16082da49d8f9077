import { hydrateRoot } from "react-dom/client";
import { App, type World } from "./app.js";

const world = JSON.parse(document.getElementById("world")?.textContent ?? "") as World;
hydrateRoot(document.getElementById("root") as HTMLElement, <App world={world} />);
