// The dashboard: a door, and behind it what the server does.
import type { JSX } from "preact";
import { useState } from "preact/hooks";
import { Shell } from "../shared/shell.js";
import { keepToken, keptToken, type Server } from "./api.js";
import { Background } from "./background.js";
import { Charts } from "./charts.js";
import { Door } from "./door.js";
import { Failures } from "./failures.js";
import { History } from "./history.js";
import { SavedBytes } from "./savings.js";
import { Search } from "./search.js";
import { Sources } from "./sources.js";
import { Tiers } from "./tiers.js";
import { Tiles } from "./tiles.js";
import { useLive, type Live } from "./use_live.js";

export function App(): JSX.Element {
  const [token, setToken] = useState(keptToken());
  const [refused, setRefused] = useState("");
  const enter = (given: string): void => {
    keepToken(given);
    setRefused("");
    setToken(given);
  };
  const live = useLive(token, (why) => {
    keepToken("");
    setToken("");
    setRefused(why);
  });
  if (!token)
    return (
      <Shell page="dashboard">
        <Door refused={refused} enter={enter} />
      </Shell>
    );
  return (
    <Shell
      page="dashboard"
      end={
        <>
          <span class={`tag ${live.state === "live" ? "good" : live.state === "lost" ? "bad" : ""}`} role="status">
            {{ live: "● live", connecting: "connecting…", lost: "connection lost, trying again" }[live.state]}
          </span>
          <button type="button" onClick={() => enter("")}>
            Forget the token
          </button>
        </>
      }
    >
      <h1 class="hidden">Dashboard</h1>
      {live.latest && live.server ? <Behind live={live} server={live.server} token={token} /> : <p class="soft">Waiting for figures…</p>}
    </Shell>
  );
}

function Behind({ live, server, token }: { live: Live; server: Server; token: string }): JSX.Element {
  const [asked, setAsked] = useState("");
  const [done, setDone] = useState(0);
  const latest = live.latest!;
  const lookUp = (url: string): void => {
    setAsked(url);
    document.getElementById("search")?.scrollIntoView({ behavior: "smooth" });
    document.getElementById("search-url")?.focus({ preventScroll: true });
  };
  return (
    <div class="board">
      <Tiles live={live} server={server} />
      <Charts samples={live.samples} server={server} />
      <div class="column">
        <Tiers figures={latest.figures} server={server} />
        <SavedBytes savings={latest.savings} />
        <Sources sources={latest.sources} lookUp={lookUp} />
      </div>
      <div class="column">
        <Background figures={latest.figures} />
      </div>
      <Failures failures={latest.failures} />
      <Search token={token} asked={asked} setAsked={setAsked} invalidated={() => setDone(done + 1)} />
      <History token={token} again={done} />
      <p class="soft small wide">
        Imcaxy {server.version}. Figures of the last ten minutes come in every two seconds; sums count since the server started.
      </p>
    </div>
  );
}
