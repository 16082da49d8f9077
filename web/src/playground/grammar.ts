// What the playground shows of the API: each operation with its controls, each parameter with its control. A test
// compares the names with those that the server itself tells (`/playground/api/grammar`).

export type Control =
  | { kind: "number"; label: string; min: number; max: number; step?: number; unit?: string; hint?: string }
  | { kind: "truth"; label: string; hint?: string }
  | { kind: "choice"; label: string; choices: [value: string, label: string][]; hint?: string }
  | { kind: "colour"; label: string; hint?: string }
  | { kind: "text"; label: string; hint?: string; placeholder?: string; long?: boolean }
  | { kind: "point"; label: string; hint?: string };

const pixels = (label: string, hint?: string): Control => ({ kind: "number", label, min: 0, max: 4000, unit: "px", ...(hint && { hint }) });

export const parameters: Record<string, Control> = {
  width: pixels("Width"),
  height: pixels("Height"),
  aspectratio: { kind: "text", label: "Proportions", placeholder: "16:9", hint: "With one side given, sets the other." },
  gravity: {
    kind: "choice",
    label: "What stays when it is cut",
    choices: [
      ["", "the centre"],
      ["smart", "what catches the eye"],
      ["north", "the top"],
      ["south", "the bottom"],
      ["west", "the left"],
      ["east", "the right"],
    ],
  },
  focal: { kind: "point", label: "Focal point", hint: "What is cut stays around it. Set it on the picture." },
  left: pixels("Left"),
  top: pixels("Top"),
  areawidth: pixels("Width of the part"),
  areaheight: pixels("Height of the part"),
  factor: { kind: "number", label: "Times", min: 1, max: 10, hint: "Each pixel becomes one more than so many." },
  rotate: {
    kind: "choice",
    label: "Clockwise by",
    choices: [
      ["", "nothing"],
      ["90", "90°"],
      ["180", "180°"],
      ["270", "270°"],
    ],
  },
  sigma: { kind: "number", label: "Blur", min: 0, max: 50, step: 0.5, unit: "σ" },
  minampl: { kind: "number", label: "Least amplitude of the blur", min: 0, max: 1, step: 0.05 },
  text: { kind: "text", label: "Text" },
  font: { kind: "text", label: "Font", placeholder: "sans bold 12" },
  textwidth: pixels("Wrap the text after"),
  dpi: { kind: "number", label: "Size of the text", min: 0, max: 600, unit: "dpi" },
  margin: pixels("Room between copies"),
  opacity: { kind: "number", label: "Opacity", min: 0, max: 1, step: 0.05 },
  color: { kind: "colour", label: "Colour of the text" },
  noreplicate: { kind: "truth", label: "Only once" },
  image: { kind: "text", label: "Address of the mark", placeholder: "https://example.com/logo.png" },
  operations: { kind: "text", label: "Operations, as JSON", long: true },
  placeholder: {
    kind: "choice",
    label: "Placeholder",
    choices: [
      ["", "none"],
      ["blurhash", "BlurHash"],
      ["thumbhash", "ThumbHash"],
      ["lqip", "tiny picture"],
      ["color", "one colour"],
      ["all", "all of them"],
    ],
    hint: "A stand-in until the picture has come.",
  },
  type: {
    kind: "choice",
    label: "Format",
    choices: [
      ["", "the best that the browser reads"],
      ["avif", "AVIF"],
      ["webp", "WebP"],
      ["jpeg", "JPEG"],
      ["png", "PNG"],
      ["gif", "GIF"],
      ["tiff", "TIFF"],
      ["heif", "HEIC"],
      ["jxl", "JPEG XL"],
      ["jp2k", "JPEG 2000"],
    ],
  },
  quality: { kind: "number", label: "Quality", min: 0, max: 100, hint: "0: the server's own choice." },
  dpr: {
    kind: "choice",
    label: "Pixels for each of the page",
    choices: [
      ["", "one"],
      ["auto", "as this screen has"],
      ["2", "2"],
      ["3", "3"],
    ],
    hint: "Multiplies the sides.",
  },
  enlarge: {
    kind: "choice",
    label: "More pixels than the source has",
    choices: [
      ["", "as the operation does"],
      ["false", "never"],
    ],
  },
  compression: { kind: "number", label: "Compression of PNG", min: 0, max: 9 },
  palette: { kind: "truth", label: "PNG with a palette" },
  interlace: { kind: "truth", label: "Progressive" },
  stripmeta: { kind: "truth", label: "Without any metadata" },
  profile: {
    kind: "choice",
    label: "Colours",
    choices: [
      ["", "in sRGB"],
      ["keep", "with their own profile"],
    ],
  },
  noprofile: { kind: "truth", label: "Without a colour profile" },
  colorspace: {
    kind: "choice",
    label: "Colour space",
    choices: [
      ["", "colour"],
      ["bw", "grey"],
    ],
  },
  nocrop: {
    kind: "choice",
    label: "Fill the box",
    choices: [
      ["", "as the operation does"],
      ["true", "without cutting"],
      ["false", "by cutting"],
    ],
  },
  force: { kind: "truth", label: "Just that size, whatever it does to the proportions" },
  embed: { kind: "truth", label: "Fill the rest of the box" },
  extend: {
    kind: "choice",
    label: "Fill with",
    choices: [
      ["", "the operation's choice"],
      ["copy", "copies of the edge"],
      ["mirror", "a mirror image"],
      ["white", "white"],
      ["black", "black"],
      ["background", "the background colour"],
    ],
  },
  background: { kind: "colour", label: "Background" },
  flip: { kind: "truth", label: "Upside down" },
  flop: { kind: "truth", label: "Mirrored" },
  norotation: { kind: "truth", label: "Ignore how the camera was held" },
  page: { kind: "number", label: "Page or frame", min: 0, max: 50, hint: "From 0." },
};

/** Names that the server knows and that have no control, and why. */
export const withoutControl: Record<string, string> = {
  speed: "is Imaginary's, and changes nothing here",
};

export interface Operation {
  label: string;
  about: string;
  /** Controls that make it what it is, in their order; the others are one click away. */
  first: string[];
  /** What it starts with. */
  start: Record<string, string>;
  /** What is set on the picture. */
  onPicture?: "area" | "point";
  /** An answer that is no picture. */
  text?: true;
}

const output = ["type", "quality"];

export const operations: Record<string, Operation> = {
  resize: {
    label: "Resize",
    about: "To a width, a height, or into a box of both.",
    first: ["width", "height", ...output],
    start: { width: "800" },
  },
  crop: {
    label: "Crop",
    about: "Fills the box and cuts off the rest.",
    first: ["width", "height", "gravity", "focal", ...output],
    start: { width: "600", height: "600" },
    onPicture: "point",
  },
  smartcrop: {
    label: "Smart crop",
    about: "A crop around what catches the eye.",
    first: ["width", "height", ...output],
    start: { width: "600", height: "600" },
  },
  fit: { label: "Fit", about: "As large as a box allows.", first: ["width", "height", ...output], start: { width: "800", height: "600" } },
  thumbnail: { label: "Thumbnail", about: "Small.", first: ["width", "height", ...output], start: { width: "240" } },
  extract: {
    label: "Extract",
    about: "A part of the picture, in pixels of the original.",
    first: ["left", "top", "areawidth", "areaheight", "width", ...output],
    start: {},
    onPicture: "area",
  },
  enlarge: {
    label: "Enlarge",
    about: "To a size, even beyond its own.",
    first: ["width", "height", ...output],
    start: { width: "1200", height: "900" },
  },
  zoom: {
    label: "Zoom",
    about: "Enlarges by whole factors, or a part of it.",
    first: ["factor", "left", "top", "areawidth", "areaheight", ...output],
    start: { factor: "1" },
  },
  rotate: {
    label: "Rotate",
    about: "By quarters of a turn.",
    first: ["rotate", "width", ...output],
    start: { rotate: "90", width: "800" },
  },
  autorotate: { label: "Turn upright", about: "As the camera was held. Takes no parameters.", first: [], start: {} },
  flip: { label: "Flip", about: "Top becomes bottom.", first: ["width", ...output], start: { width: "800" } },
  flop: { label: "Flop", about: "Left becomes right.", first: ["width", ...output], start: { width: "800" } },
  blur: { label: "Blur", about: "Out of focus.", first: ["sigma", "minampl", "width", ...output], start: { sigma: "6", width: "800" } },
  convert: { label: "Convert", about: "To another format.", first: [...output], start: { type: "webp" } },
  watermark: {
    label: "Watermark",
    about: "Text over the picture.",
    first: ["text", "opacity", "color", "noreplicate", "textwidth", "font", "dpi", "margin", ...output],
    start: { text: "Imcaxy", opacity: "0.5", color: "255,255,255", width: "800" },
  },
  watermarkimage: {
    label: "Watermark, a picture",
    about: "Another picture over the picture.",
    first: ["image", "left", "top", "opacity", ...output],
    start: { width: "800" },
  },
  pipeline: {
    label: "Pipeline",
    about: "Several operations, one after the other.",
    first: ["operations"],
    start: {
      operations:
        '[\n  {"operation": "crop", "params": {"width": 600, "height": 400}},\n  {"operation": "blur", "params": {"sigma": 3}}\n]',
    },
  },
  info: { label: "Info", about: "What the picture is, as JSON.", first: ["placeholder"], start: { placeholder: "all" }, text: true },
};

/** Those beyond the first, as far as the operation heeds them. */
export function further(name: string): string[] {
  const { first } = operations[name]!;
  if (name === "autorotate" || name === "pipeline") return [];
  if (name === "info") return ["page"];
  const ofOthers = ["left", "top", "areawidth", "areaheight", "factor", "text", "font", "textwidth", "dpi", "margin", "opacity", "color"];
  const never = new Set([...ofOthers, "noreplicate", "image", "operations", ...first]);
  return Object.keys(parameters).filter((parameter) => !never.has(parameter));
}
