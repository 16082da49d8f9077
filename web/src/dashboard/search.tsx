// Everything that the cache has of a source, and forgetting it.
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ago, bytes, count, moment } from "../shared/format.js";
import { entries, invalidate, type Entries, type Entry } from "./api.js";

interface Props {
  token: string;
  asked: string;
  setAsked: (url: string) => void;
  invalidated: () => void;
}

const tierNames: Record<string, string> = { memory: "memory", results: "disk", originals: "disk", blobs: "disk" };
const kinds: Record<string, string> = { original: "the original", reduced: "its reduced form" };

export function Search({ token, asked, setAsked, invalidated }: Props): JSX.Element {
  const [typed, setTyped] = useState(asked);
  const [found, setFound] = useState<Entries>();
  const [says, say] = useState<{ text: string; kind: "" | "good" | "bad" }>({ text: "", kind: "" });
  const [busy, setBusy] = useState(false);

  const look = async (url: string): Promise<Entries | undefined> => {
    setBusy(true);
    try {
      const list = await entries(url, token);
      setFound(list);
      return list;
    } catch (error) {
      setFound(undefined);
      say({ text: (error as Error).message, kind: "bad" });
      return undefined;
    } finally {
      setBusy(false);
    }
  };
  useEffect(() => {
    if (!asked) return;
    setTyped(asked);
    say({ text: "", kind: "" });
    void look(asked);
  }, [asked]);

  const forget = async (url: string): Promise<void> => {
    setBusy(true);
    say({ text: "Invalidating…", kind: "" });
    try {
      const pictures = await invalidate(url, token);
      const left = (await look(url))?.entries.length ?? 0;
      say({
        text: `Invalidated: ${pictures} ${pictures === 1 ? "picture was" : "pictures were"} forgotten, ${left === 0 ? "nothing is left" : `${left} are there again`}. Nothing made before is served any more.`,
        kind: "good",
      });
      invalidated();
    } catch (error) {
      say({ text: (error as Error).message, kind: "bad" });
    } finally {
      setBusy(false);
    }
  };
  return (
    <section class="panel wide" id="search" aria-label="Look up a source">
      <header>
        <h2>Look up a source</h2>
      </header>
      <form
        class="search"
        onSubmit={(event) => {
          event.preventDefault();
          const url = typed.trim();
          if (url === asked) void look(url);
          setAsked(url);
        }}
      >
        <label for="search-url">Address of the original</label>
        <input
          id="search-url"
          type="text"
          inputMode="url"
          autocomplete="off"
          spellcheck={false}
          placeholder="https://example.com/photo.jpg"
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
        <button class="primary" disabled={busy}>
          Look up
        </button>
      </form>
      <p class={says.kind ? `note ${says.kind}` : "soft"} role="status">
        {says.text}
      </p>
      {found && <Found found={found} busy={busy} forget={() => void forget(found.url)} />}
    </section>
  );
}

function Found({ found, busy, forget }: { found: Entries; busy: boolean; forget: () => void }): JSX.Element {
  const list = [...found.entries].sort((a, b) => Number(a.kind === "picture") - Number(b.kind === "picture") || b.bytes - a.bytes);
  const pictures = list.filter((entry) => entry.kind === "picture").length;
  return (
    <>
      <div class="found">
        <p>
          <span class="mono break">{found.url}</span>{" "}
          <span class="soft">
            {list.length === 0
              ? "is not in the cache"
              : `${pictures} ${pictures === 1 ? "picture" : "pictures"}, ${bytes(list.reduce((sum, entry) => sum + entry.bytes, 0))} with the original${found.more ? "; there are more than are shown" : ""}`}
          </span>
        </p>
        {list.length > 0 && (
          <button type="button" class="danger" disabled={busy} onClick={forget}>
            Invalidate all of it
          </button>
        )}
      </div>
      {list.length > 0 && (
        <div class="scroll" tabIndex={0} role="region" aria-label="Variants, table">
          <table>
            <caption class="hidden">What the cache has of {found.url}</caption>
            <thead>
              <tr>
                <th scope="col">Variant</th>
                <th scope="col">Format</th>
                <th scope="col" class="number">
                  Size
                </th>
                <th scope="col" class="number">
                  Bytes
                </th>
                <th scope="col">Age</th>
                <th scope="col" class="number">
                  Hits
                </th>
                <th scope="col">Where</th>
                <th scope="col">Key</th>
              </tr>
            </thead>
            <tbody>
              {list.map((entry) => (
                <Variant key={entry.key} entry={entry} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
}

function Variant({ entry }: { entry: Entry }): JSX.Element {
  return (
    <tr>
      <th scope="row" class="break">
        {kinds[entry.kind] ?? <span class="mono">{shortTarget(entry.target)}</span>}
      </th>
      <td>{entry.type.replace(/^image\//, "").toUpperCase()}</td>
      <td class="number">{entry.width && entry.height ? `${entry.width} × ${entry.height}` : "–"}</td>
      <td class="number">{bytes(entry.bytes)}</td>
      <td title={`${moment(entry.created)}${entry.expires ? `, until ${moment(entry.expires)}` : ", until it is invalidated"}`}>
        {ago(entry.created)}
      </td>
      <td class="number">{entry.hits === null ? "–" : count(entry.hits)}</td>
      <td>
        {entry.tiers.map((tier) => (
          <span key={tier} class="tag">
            {tierNames[tier] ?? tier}
          </span>
        ))}
      </td>
      <td class="mono soft" title={entry.key}>
        {entry.key.slice(0, 8)}
      </td>
    </tr>
  );
}

/** Without the source, which all of them have. */
const shortTarget = (target: string): string =>
  target
    .replace(/^.*\/imaginary/, "")
    .replace(/([?&])url=[^&]*&?/, "$1")
    .replace(/[?&]$/, "");
