// One control for each kind of parameter.
import type { JSX } from "preact";
import { parameters, type Control } from "./grammar.js";

interface Props {
  name: string;
  operation: string;
  value: string;
  set: (value: string) => void;
  /** Formats that the server can write. */
  types: string[];
  /** Sides of the picture bound those of its parts. */
  longest: number;
}

export function Parameter(props: Props): JSX.Element {
  const { name } = props;
  const control = parameters[name]!;
  const id = `p-${name}`;
  const hint = control.hint ? `${id}-hint` : undefined;
  if (control.kind === "truth") return <Truth {...props} id={id} control={control} hint={hint} />;
  return (
    <div class="parameter">
      <div class="line">
        <label for={id}>{control.label}</label>
        <code class="soft">{name}</code>
      </div>
      <Field {...props} id={id} control={control} hint={hint} />
      {control.hint && (
        <p class="soft small" id={hint}>
          {control.hint}
        </p>
      )}
    </div>
  );
}

type Inner = Props & { id: string; control: Control; hint: string | undefined };

function Truth({ value, set, id, control, name, hint }: Inner): JSX.Element {
  return (
    <div class="parameter truth">
      <input
        type="checkbox"
        id={id}
        checked={value === "true"}
        aria-describedby={hint}
        onChange={(event) => set(event.currentTarget.checked ? "true" : "")}
      />
      <label for={id}>{control.label}</label>
      <code class="soft">{name}</code>
    </div>
  );
}

function Field({ name, operation, value, set, types, longest, id, control, hint }: Inner): JSX.Element {
  if (control.kind === "choice") {
    const offered = (choice: string): boolean => {
      if (name === "type") return !choice || types.includes(choice);
      return name !== "placeholder" || choice !== "all" || operation === "info";
    };
    const choices = control.choices.filter(([choice]) => offered(choice));
    return (
      <select id={id} value={value} aria-describedby={hint} onChange={(event) => set(event.currentTarget.value)}>
        {choices.map(([key, label]) => (
          <option key={key} value={key}>
            {label}
          </option>
        ))}
      </select>
    );
  }
  if (control.kind === "number") {
    const most = control.unit === "px" && name !== "width" && name !== "height" ? longest : control.max;
    const common = { min: control.min, step: control.step ?? 1, "aria-describedby": hint };
    return (
      <div class="pair">
        <input
          type="range"
          {...common}
          max={most}
          value={value || control.min}
          aria-label={control.label}
          tabIndex={-1}
          onInput={(event) => set(Number(event.currentTarget.value) === control.min ? "" : event.currentTarget.value)}
        />
        <input
          type="number"
          id={id}
          {...common}
          max={control.max === 4000 ? 20000 : control.max}
          value={value}
          placeholder="–"
          onInput={(event) => set(event.currentTarget.value)}
        />
        <span class="soft small unit">{control.unit ?? ""}</span>
      </div>
    );
  }
  if (control.kind === "colour")
    return (
      <div class="pair">
        <input type="color" id={id} value={toHex(value)} onInput={(event) => set(fromHex(event.currentTarget.value))} />
        <code class="soft">{value || "not set"}</code>
        {value && (
          <button type="button" class="plain" onClick={() => set("")}>
            Clear <span class="hidden">{control.label}</span>
          </button>
        )}
      </div>
    );
  if (control.kind === "point")
    return (
      <div class="pair">
        <input
          type="text"
          id={id}
          value={value}
          placeholder="0.5,0.5"
          aria-describedby={hint}
          onInput={(event) => set(event.currentTarget.value)}
        />
        {value && (
          <button type="button" class="plain" onClick={() => set("")}>
            Clear <span class="hidden">{control.label}</span>
          </button>
        )}
      </div>
    );
  if (control.kind !== "text") return <></>;
  if (control.long)
    return (
      <textarea
        id={id}
        rows={8}
        spellcheck={false}
        value={value}
        aria-describedby={hint}
        onInput={(event) => set(event.currentTarget.value)}
      />
    );
  return (
    <input
      type="text"
      id={id}
      value={value}
      placeholder={control.placeholder ?? ""}
      aria-describedby={hint}
      onInput={(event) => set(event.currentTarget.value)}
    />
  );
}

const toHex = (value: string): string =>
  `#${(value || "0,0,0")
    .split(",")
    .slice(0, 3)
    .map((part) => Math.min(255, Math.max(0, Number(part) || 0)))
    .map((part) => part.toString(16).padStart(2, "0"))
    .join("")}`;
const fromHex = (hex: string): string => [1, 3, 5].map((at) => Number.parseInt(hex.slice(at, at + 2), 16)).join(",");
