export { Image, ImcaxyProvider, Picture, useImageUrl, type ImageUrl } from "./components.js";
export * from "./server.js";
