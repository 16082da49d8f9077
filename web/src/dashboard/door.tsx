// Asks for the token.
import type { JSX } from "preact";
import { useState } from "preact/hooks";

export function Door({ refused, enter }: { refused: string; enter: (token: string) => void }): JSX.Element {
  const [typed, setTyped] = useState("");
  return (
    <form
      class="panel door"
      onSubmit={(event) => {
        event.preventDefault();
        if (typed.trim()) enter(typed.trim());
      }}
    >
      <h1>Dashboard</h1>
      <p class="soft">
        It needs the token of the administration: what <code>IMCAXY_INVALIDATE_SECURITY_TOKEN</code> says, or what the first start has left
        in the file <code>token</code> of the server's data folder.
      </p>
      {refused && (
        <p class="note bad" role="alert">
          {refused}
        </p>
      )}
      <div>
        <label for="token">Token</label>
        <input
          id="token"
          type="password"
          autocomplete="current-password"
          value={typed}
          aria-describedby="token-hint"
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </div>
      <button class="primary">Open</button>
      <p class="soft small" id="token-hint">
        It is kept in this tab until you close it, and sent to this server only.
      </p>
    </form>
  );
}
