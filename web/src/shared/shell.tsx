// The frame of each page: the bar with its links, and the main part.
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import icon from "./icon.svg";
import "./style.css";

export function Shell({
  page,
  children,
  end,
}: {
  page: "playground" | "dashboard";
  children: ComponentChildren;
  end?: ComponentChildren;
}): JSX.Element {
  const link = (name: string, label: string): JSX.Element => (
    <a href={`../${name}/`} {...(page === name && { "aria-current": "page" as const })}>
      {label}
    </a>
  );
  return (
    <>
      <a class="skip" href="#content">
        Skip to the content
      </a>
      <header class="bar">
        <a class="brand" href="../">
          <img src={icon} alt="" /> Imcaxy
        </a>
        <nav aria-label="Pages">
          {link("playground", "Playground")}
          {link("dashboard", "Dashboard")}
        </nav>
        {end && <div class="end">{end}</div>}
      </header>
      <main id="content" tabIndex={-1}>
        {children}
      </main>
    </>
  );
}

/** Copies a text, and says so. */
export function CopyButton({ text, label }: { text: string; label: string }): JSX.Element {
  const [said, say] = useState("");
  const copy = async (): Promise<void> => {
    say((await toClipboard(text)) ? "Copied" : "Press Ctrl+C");
    setTimeout(() => say(""), 2000);
  };
  return (
    <button type="button" onClick={() => void copy()} aria-label={label}>
      <span aria-live="polite">{said || "Copy"}</span>
    </button>
  );
}

async function toClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return oldCopy(text); // without HTTPS there is no clipboard but this one
  }
}

function oldCopy(text: string): boolean {
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "hidden";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  return done;
}
