const hints = ["Sec-CH-DPR", "Sec-CH-Width", "Sec-CH-Viewport-Width", "ECT", "Downlink", "RTT"];
const policy = (hint: string): string => hint.toLowerCase().replace(/^(sec-ch-)?/, "ch-");

/**
 * Response headers for your pages, so that browsers tell the image server about screen and network. Hints go to other
 * hosts than the page's only when the page delegates them, and only over HTTPS.
 *
 * @param server the image server's address; only its origin counts
 */
export function clientHintHeaders(server: string): { "Accept-CH": string; "Permissions-Policy": string } {
  const { origin } = new URL(server);
  return {
    "Accept-CH": hints.join(", "),
    "Permissions-Policy": hints.map((hint) => `${policy(hint)}=(self "${origin}")`).join(", "),
  };
}

/** The same where no header can be set: the content of `<meta http-equiv="delegate-ch">`, which has to be in the server's HTML. */
export function clientHintMeta(server: string): string {
  const { origin } = new URL(server);
  return hints.map((hint) => `${hint.toLowerCase()} ${origin}`).join("; ");
}
