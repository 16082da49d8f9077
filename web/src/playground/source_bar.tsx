// Where the picture comes from: an address, a file, or the drawing.
import type { JSX } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { bytes } from "../shared/format.js";
import type { Outcome } from "./hooks.js";
import type { Info } from "./load.js";
import { sampleUrl, type Setting } from "./state.js";

interface Props {
  setting: Setting;
  file: File | undefined;
  info: Outcome<Info>;
  needsKey: boolean;
  apiKey: string;
  setApiKey: (key: string) => void;
  setUrl: (url: string) => void;
  setFile: (file: File) => void;
  setSample: () => void;
}

export function SourceBar(props: Props): JSX.Element {
  const { setting, file, info, setUrl, setFile, setSample } = props;
  const [typed, setTyped] = useState(setting.url === sampleUrl ? "" : setting.url);
  useEffect(() => setTyped(file || setting.url === sampleUrl ? "" : setting.url), [setting.url, file]);
  const input = useRef<HTMLInputElement>(null);
  const over = useDropped(setFile);

  const found = info.state === "done" ? info.value : undefined;
  return (
    <section class={`panel source ${over ? "over" : ""}`} aria-label="The picture">
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setUrl(typed.trim());
        }}
      >
        <div class="address">
          <label for="url">Picture</label>
          <input
            id="url"
            type="text"
            inputMode="url"
            autocomplete="off"
            spellcheck={false}
            placeholder="https://example.com/photo.jpg"
            value={typed}
            onInput={(event) => setTyped(event.currentTarget.value)}
            onPaste={(event) => {
              const text = event.clipboardData?.getData("text").trim() ?? "";
              if (!/^https?:\/\/\S+$/.test(text) || typed) return;
              event.preventDefault();
              setUrl(text);
            }}
          />
        </div>
        <button class="primary">Load</button>
        <button type="button" onClick={() => input.current!.click()}>
          Choose a file
        </button>
        <input
          ref={input}
          id="file"
          class="hidden"
          type="file"
          accept="image/*,.heic,.jxl,.jp2,.pdf"
          aria-label="A picture of yours"
          tabIndex={-1}
          onChange={(event) => event.currentTarget.files?.[0] && setFile(event.currentTarget.files[0])}
        />
        <button type="button" onClick={setSample}>
          Use a drawing
        </button>
      </form>
      {props.needsKey && (
        <div class="key">
          <label for="api-key">API key</label>
          <input
            id="api-key"
            type="password"
            autocomplete="off"
            value={props.apiKey}
            onChange={(event) => props.setApiKey(event.currentTarget.value)}
          />
          <p class="soft small">This server asks for one. It stays in this tab.</p>
        </div>
      )}
      <p class="soft small" role="status">
        {info.state === "none" && "Paste an address, drop a file anywhere, or use the drawing."}
        {info.state === "waiting" && "Looking at the picture…"}
        {found &&
          `${file ? `${file.name}, ${bytes(file.size)}: ` : ""}${found.width} × ${found.height}, ${found.type.toUpperCase()}${file ? ". The file is sent to this server only, and a link can't share it." : ""}`}
      </p>
      {info.state === "failed" && (
        <p class="note bad" role="alert">
          {info.error.message}
        </p>
      )}
    </section>
  );
}

/** Takes files that are dropped anywhere on the page; whether one is held over it. */
function useDropped(take: (file: File) => void): boolean {
  const [over, setOver] = useState(false);
  const taker = useRef(take);
  taker.current = take;
  useEffect(() => {
    const hold = (event: DragEvent): void => {
      event.preventDefault();
      setOver(true);
    };
    const leave = (event: DragEvent): void => void (event.relatedTarget === null && setOver(false));
    const drop = (event: DragEvent): void => {
      event.preventDefault();
      setOver(false);
      const file = event.dataTransfer?.files[0];
      if (file) taker.current(file);
    };
    addEventListener("dragover", hold);
    addEventListener("dragleave", leave);
    addEventListener("drop", drop);
    return () => {
      removeEventListener("dragover", hold);
      removeEventListener("dragleave", leave);
      removeEventListener("drop", drop);
    };
  }, []);
  return over;
}
