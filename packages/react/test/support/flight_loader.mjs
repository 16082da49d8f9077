// React's own loader, which turns modules with "use client" into references, for our modules alone: it can't read CommonJS.
import { load as loadModule, resolve } from "react-server-dom-webpack/node-loader";

export { resolve };

export function load(url, context, next) {
  if (!/\/dist\/[^/]+\.js$/.test(url) || url.includes("/node_modules/")) return next(url, context);
  const asText = async (...asked) => {
    const loaded = await next(...asked);
    return { ...loaded, source: String(loaded.source) };
  };
  return loadModule(url, context, asText);
}
