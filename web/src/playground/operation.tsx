// Which operation, and its parameters.
import type { JSX } from "preact";
import { Parameter } from "./controls.js";
import { further, operations } from "./grammar.js";
import type { Grammar } from "./load.js";
import type { Setting } from "./state.js";

interface Props {
  setting: Setting;
  change: (more: Partial<Setting>) => void;
  grammar: Grammar | undefined;
  size: { width: number; height: number } | undefined;
}

/** Of an extract that nobody has set yet: the middle of the picture. */
export function middleOf(size: { width: number; height: number }): Record<string, string> {
  const half = (length: number): number => Math.round(length / 2);
  const quarter = (length: number): number => Math.round(length / 4);
  return {
    left: String(quarter(size.width)),
    top: String(quarter(size.height)),
    areawidth: String(half(size.width)),
    areaheight: String(half(size.height)),
  };
}

export function Controls({ setting, change, grammar, size }: Props): JSX.Element {
  const operation = operations[setting.operation]!;
  const names = Object.keys(operations).filter((name) => !grammar || grammar.operations.includes(name));
  const choose = (name: string): void => {
    // What fits to both, such as the format, stays.
    const { type, quality } = setting.params;
    const start = name === "extract" && size ? middleOf(size) : operations[name]!.start;
    const stays = { ...(type && { type }), ...(quality && { quality }) };
    change({ operation: name, params: operations[name]!.first.includes("type") ? { ...stays, ...start } : { ...start } });
  };
  const parameter = (name: string): JSX.Element => (
    <Parameter
      key={name}
      name={name}
      operation={setting.operation}
      value={setting.params[name] ?? ""}
      set={(value) => change({ params: { ...setting.params, [name]: value } })}
      types={grammar?.types ?? []}
      longest={size ? Math.max(size.width, size.height) : 4000}
    />
  );
  const more = further(setting.operation);
  const used = more.filter((name) => setting.params[name]).length;
  return (
    <form class="panel controls" aria-label="Operation and parameters" onSubmit={(event) => event.preventDefault()}>
      <div class="parameter">
        <label for="operation">Operation</label>
        <select id="operation" value={setting.operation} onChange={(event) => choose(event.currentTarget.value)}>
          {names.map((name) => (
            <option key={name} value={name}>
              {operations[name]!.label}
            </option>
          ))}
        </select>
        <p class="soft small">{operation.about}</p>
      </div>
      {operation.first.map(parameter)}
      {more.length > 0 && (
        <details>
          <summary>
            {more.length} more {more.length === 1 ? "parameter" : "parameters"}
            {used > 0 && <span class="tag">{used} set</span>}
          </summary>
          {more.map(parameter)}
        </details>
      )}
      <button type="button" onClick={() => choose(setting.operation)}>
        Start over
      </button>
    </form>
  );
}
