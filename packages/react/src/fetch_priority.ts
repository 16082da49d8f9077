import { version } from "react";

/** React 18 knows no such property, and warns unless it is written as in HTML. */
const name = version.startsWith("18") ? "fetchpriority" : "fetchPriority";

/** The attribute as this React wants it; nothing when there is none to set. */
export const fetchPriorityOf = (value: "high" | "low" | "auto" | undefined): object => (value ? { [name]: value } : {});
