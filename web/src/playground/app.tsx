// The playground: a picture, an operation, its answer.
import type { JSX } from "preact";
import { useEffect, useMemo, useRef, useState } from "preact/hooks";
import { Shell } from "../shared/shell.js";
import { Answer } from "./answer.js";
import { Controls } from "./operation.js";
import { OnPicture } from "./on_picture.js";
import { SourceBar } from "./source_bar.js";
import { useWork, valueOf } from "./hooks.js";
import * as server from "./load.js";
import { sample } from "./sample.js";
import { first, fromHash, sampleUrl, toHash, type Setting } from "./state.js";

const release = (loaded: server.Loaded): void => URL.revokeObjectURL(loaded.shown);

export function App(): JSX.Element {
  const [setting, setSetting] = useState<Setting>(() => fromHash(location.hash) ?? first);
  const [file, setFile] = useState<File>();
  const [key, setKey] = useState(server.apiKey());
  const grammar = valueOf(useWork("grammar", 0, server.grammar));

  // The address follows what is set; and the back button and edited addresses the other way.
  const written = useRef("");
  useEffect(() => {
    written.current = toHash(setting);
    if (location.hash !== written.current && (setting.url || location.hash)) history.replaceState(null, "", written.current);
  }, [setting]);
  useEffect(() => {
    const follow = (): void => {
      const found = fromHash(location.hash);
      if (found && location.hash !== written.current) setSetting(found);
    };
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  useEffect(() => {
    if (setting.url === sampleUrl && !file) void sample().then(setFile);
  }, [setting.url]);

  const source = useMemo<server.Source | undefined>(() => {
    if (file) return { file };
    return setting.url && setting.url !== sampleUrl ? { url: setting.url } : undefined;
  }, [file, setting.url]);
  const sourceKey = source && (source.file ? `file ${file!.name} ${file!.size} ${file!.lastModified}` : source.url) + key;

  const info = useWork(sourceKey, 300, (signal) => server.info(source!, signal));
  const size = valueOf(info);
  // What the editor shows: enough for the screen, whatever the original's format is.
  const preview = useWork(
    sourceKey,
    350,
    (signal) => server.load({ url: "", operation: "fit", params: { width: "1200", height: "1200" } }, source!, signal),
    release,
  );

  const change = (more: Partial<Setting>): void => setSetting((now) => ({ ...now, ...more }));
  return (
    <Shell page="playground">
      <h1 class="hidden">Playground</h1>
      <SourceBar
        setting={setting}
        file={file}
        info={info}
        needsKey={grammar?.needsKey ?? false}
        apiKey={key}
        setApiKey={(value) => (server.keepApiKey(value), setKey(value))}
        setUrl={(url) => (setFile(undefined), change({ url }))}
        setFile={(chosen) => (setFile(chosen), change({ url: "" }))}
        setSample={() => (setFile(undefined), void sample().then(setFile), change({ url: sampleUrl }))}
      />
      <div class="desk">
        <Controls setting={setting} change={change} grammar={grammar} size={size} />
        <div class="results">
          {size && <OnPicture setting={setting} change={change} shown={valueOf(preview)?.shown} size={size} />}
          <Answer setting={setting} source={source} sourceKey={sourceKey} file={file} types={grammar?.types ?? []} />
        </div>
      </div>
    </Shell>
  );
}
