// The answer: seen beside the same without losses, in figures, in other formats, and as text to copy.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { bytes, milliseconds, percent } from "../shared/format.js";
import { root } from "../shared/root.js";
import { CopyButton } from "../shared/shell.js";
import { Compare } from "./compare.js";
import { operations } from "./grammar.js";
import { useWork, valueOf, type Outcome } from "./hooks.js";
import * as server from "./load.js";
import { address, query, reactSnippet, withSource } from "./request.js";
import { sampleUrl, toHash, type Setting } from "./state.js";

const release = (loaded: server.Loaded): void => URL.revokeObjectURL(loaded.shown);

/** The same picture without the losses of its format. */
const lossless = (setting: Setting): Setting =>
  setting.operation === "autorotate"
    ? { ...setting, operation: "convert", params: { type: "png" } }
    : { ...setting, params: { ...setting.params, type: "png", quality: "" } };

interface Props {
  setting: Setting;
  source: server.Source | undefined;
  sourceKey: string | undefined;
  file: File | undefined;
  types: string[];
}

export function Answer({ setting, source, sourceKey, file, types }: Props): JSX.Element {
  const { text } = operations[setting.operation]!;
  const complete = setting.operation !== "extract" || Number(setting.params["areawidth"]) > 0;
  const key = sourceKey && complete ? `${sourceKey} ${query(setting)}` : undefined;
  const answer = useWork(key, 250, (signal) => server.load(setting, source!, signal), release);
  const done = answer.state === "done" ? answer.value : undefined;
  const scored = done && !text && setting.operation !== "pipeline" && !done.fallback;
  const before = useWork(scored ? key : undefined, 0, (signal) => server.load(lossless(setting), source!, signal), release);
  const score = useWork(scored ? key : undefined, 0, (signal) => server.score(setting, source!, signal));
  const loaded = valueOf(answer);
  return (
    <>
      <section class="panel answer" aria-label="The answer" aria-busy={answer.state === "waiting"}>
        <header>
          <h2>The answer</h2>
          <p class="hidden" role="status">
            {done && !text && `${bytes(done.bytes)}, ${done.type}, ${done.width} by ${done.height} pixels`}
          </p>
        </header>
        {answer.state === "none" && <Nothing />}
        {answer.state === "failed" && (
          <p class="note bad" role="alert">
            {answer.error.message}
          </p>
        )}
        {loaded &&
          answer.state !== "failed" &&
          (text || loaded.text !== undefined ? (
            <Text loaded={loaded} />
          ) : (
            <Picture loaded={loaded} before={before} score={score} file={file} />
          ))}
        {answer.state === "waiting" && !loaded && <p class="soft">Waiting for the server…</p>}
      </section>
      {loaded && !text && source && key && setting.operation !== "autorotate" && setting.operation !== "pipeline" && (
        <Formats setting={setting} source={source} answerKey={key} types={types} />
      )}
      <Texts setting={setting} file={file} loaded={loaded} />
    </>
  );
}

function Nothing(): JSX.Element {
  return (
    <div class="nothing">
      <svg viewBox="0 0 64 48" width="96" height="72" aria-hidden="true">
        <rect x="1" y="1" width="62" height="46" rx="6" fill="none" stroke="currentColor" stroke-width="2" stroke-dasharray="5 4" />
        <path d="M8 38 24 18l10 13 6-7 16 14z" fill="currentColor" opacity="0.35" />
        <circle cx="46" cy="14" r="5" fill="currentColor" opacity="0.35" />
      </svg>
      <p class="soft">No picture yet. Paste an address above, drop a file, or use the drawing.</p>
    </div>
  );
}

function Text({ loaded }: { loaded: server.Loaded }): JSX.Element {
  const text = pretty(loaded.text ?? "");
  return (
    <pre class="json" tabIndex={0} role="region" aria-label="The answer as text">
      {text}
    </pre>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const words: [number, string][] = [
  [90, "no difference to be seen"],
  [80, "very good"],
  [70, "good"],
  [60, "fair"],
  [50, "visible losses"],
  [-Infinity, "poor"],
];
const inWords = (score: number): string => words.find(([least]) => score >= least)![1];

function Picture({
  loaded,
  before,
  score,
  file,
}: {
  loaded: server.Loaded;
  before: Outcome<server.Loaded>;
  score: Outcome<server.Score>;
  file: File | undefined;
}): JSX.Element {
  const other = before.state === "done" ? before.value : undefined;
  const original = score.state === "done" ? score.value.originalBytes : (file?.size ?? 0);
  const fits = other && other.width === loaded.width && other.height === loaded.height;
  return (
    <>
      {loaded.fallback && <p class="note bad">The server could not process it, and sent the original: {loaded.fallback}</p>}
      <dl class="figures">
        <div>
          <dt>Size</dt>
          <dd>{bytes(loaded.bytes)}</dd>
          <dd class="soft small">
            {original > 0
              ? `of ${bytes(original)}: ${loaded.bytes <= original ? `${percent(1 - loaded.bytes / original)} saved` : "larger"}`
              : ""}
          </dd>
        </div>
        <div>
          <dt>Format</dt>
          <dd>{loaded.type.toUpperCase()}</dd>
          <dd class="soft small">{loaded.width ? `${loaded.width} × ${loaded.height}` : ""}</dd>
        </div>
        <div>
          <dt>
            <abbr title="SSIMULACRA 2: 100 for the same picture">Quality score</abbr>
          </dt>
          <dd>{score.state === "done" ? score.value.score.toFixed(1) : score.state === "waiting" ? "…" : "–"}</dd>
          <dd class="soft small">
            {score.state === "done" ? inWords(score.value.score) : score.state === "failed" ? score.error.message : ""}
          </dd>
        </div>
        <div>
          <dt>Time</dt>
          <dd>{milliseconds(loaded.took)}</dd>
          <dd class="soft small">
            {[loaded.cache, ...loaded.timing.map(([name, took]) => `${name} ${milliseconds(took)}`)].filter(Boolean).join(", ")}
          </dd>
        </div>
      </dl>
      {loaded.width > 0 ? (
        <Compare
          before={fits ? { shown: other.shown, label: `lossless, ${bytes(other.bytes)}` } : undefined}
          after={{ shown: loaded.shown, label: `${loaded.type.toUpperCase()}, ${bytes(loaded.bytes)}` }}
          width={loaded.width}
          height={loaded.height}
        />
      ) : (
        <p class="note">
          This browser doesn't show {loaded.type.toUpperCase()}.{" "}
          <a href={loaded.shown} download={`answer.${loaded.type}`}>
            Download it
          </a>
        </p>
      )}
    </>
  );
}

const compared = ["avif", "webp", "jpeg"];

function Formats({
  setting,
  source,
  answerKey,
  types,
}: {
  setting: Setting;
  source: server.Source;
  answerKey: string;
  types: string[];
}): JSX.Element {
  const [open, setOpen] = useState(false);
  return (
    <section class="panel" aria-label="Formats side by side">
      <header>
        <h2>Formats side by side</h2>
        <span class="end">
          <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? "Hide" : "Compare AVIF, WebP and JPEG"}
          </button>
        </span>
      </header>
      {open && (
        <div class="formats">
          {compared
            .filter((type) => types.includes(type))
            .map((type) => (
              <Format
                key={type}
                setting={{ ...setting, params: { ...setting.params, type } }}
                source={source}
                answerKey={`${answerKey} ${type}`}
              />
            ))}
        </div>
      )}
    </section>
  );
}

function Format({ setting, source, answerKey }: { setting: Setting; source: server.Source; answerKey: string }): JSX.Element {
  const answer = useWork(answerKey, 100, (signal) => server.load(setting, source, signal), release);
  const score = useWork(answer.state === "done" ? answerKey : undefined, 0, (signal) => server.score(setting, source, signal));
  const loaded = valueOf(answer);
  const name = setting.params["type"]!.toUpperCase();
  return (
    <figure>
      {loaded?.shown ? (
        <img src={loaded.shown} alt={`The answer as ${name}`} width={loaded.width} height={loaded.height} />
      ) : (
        <div class="empty" />
      )}
      <figcaption>
        <strong>{name}</strong>
        {answer.state === "failed" ? (
          <span class="bad">{answer.error.message}</span>
        ) : (
          <span>
            {loaded ? bytes(loaded.bytes) : "…"}
            <span class="soft">
              {" · "}
              {score.state === "done" ? `score ${score.value.score.toFixed(1)}` : score.state === "failed" ? "not scored" : "…"}
              {" · "}
              {loaded ? milliseconds(loaded.took) : "…"}
            </span>
          </span>
        )}
      </figcaption>
    </figure>
  );
}

function Texts({ setting, file, loaded }: { setting: Setting; file: File | undefined; loaded: server.Loaded | undefined }): JSX.Element {
  const named = setting.url && setting.url !== sampleUrl ? setting : { ...setting, url: "https://example.com/photo.jpg" };
  const target = file
    ? `curl --data-binary @${shellWord(file.name)} -H 'Content-Type: ${file.type || "application/octet-stream"}' '${new URL(`imaginary/${query(setting)}`, root()).href}' -o answer`
    : address(root(), named);
  const size = loaded && loaded.width > 0 ? { width: loaded.width, height: loaded.height } : undefined;
  const link = new URL(toHash(setting), location.href).href;
  return (
    <section class="panel texts" aria-label="Use it">
      <header>
        <h2>Use it</h2>
        <span class="end">
          <CopyText label={file && setting.url !== sampleUrl ? "Link to this, without the file" : "Link to this"} text={link} />
        </span>
      </header>
      <Snippet title={file ? "Command" : "Address"} text={target} />
      {!operations[setting.operation]!.text && setting.operation !== "pipeline" && (
        <Snippet title="React" text={reactSnippet(named, size)} note={`import { Image } from "@imcaxy/react"`} />
      )}
      {!file && !operations[setting.operation]!.text && (
        <Snippet
          title="HTML"
          text={`<img src="${withSource(new URL(`imaginary/${query(named)}`, root()).href, named.url).replace(/&/g, "&amp;")}" alt=""${size ? ` width="${size.width}" height="${size.height}"` : ""}>`}
        />
      )}
    </section>
  );
}

const shellWord = (name: string): string => `'${name.replace(/'/g, `'\\''`)}'`;

function CopyText({ label, text }: { label: string; text: string }): JSX.Element {
  return (
    <span class="link">
      <span class="soft small">{label}</span> <CopyButton text={text} label={`Copy the ${label.toLowerCase()}`} />
    </span>
  );
}

function Snippet({ title, text, note }: { title: string; text: string; note?: string }): JSX.Element {
  return (
    <div class="snippet">
      <div class="line">
        <h3>{title}</h3>
        {note && <code class="soft">{note}</code>}
        <span class="end">
          <CopyButton text={text} label={`Copy: ${title}`} />
        </span>
      </div>
      <pre tabIndex={0} role="region" aria-label={title}>
        {text}
      </pre>
    </div>
  );
}
