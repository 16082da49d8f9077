// What can be set on the picture itself, for operations that have such a thing.
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { AreaEditor, PointEditor } from "./editor.js";
import { operations } from "./grammar.js";
import { middleOf } from "./operation.js";
import type { Setting } from "./state.js";

interface Props {
  setting: Setting;
  change: (more: Partial<Setting>) => void;
  shown: string | undefined;
  size: { width: number; height: number };
}

export function OnPicture({ setting, change, shown, size }: Props): JSX.Element | null {
  const { params } = setting;
  const kind = operations[setting.operation]!.onPicture;
  const number = (name: string): number => Math.round(Number(params[name]) || 0);
  const set = (more: Record<string, string>): void => change({ params: { ...params, ...more } });
  const unset = kind === "area" && (number("areawidth") === 0 || number("areaheight") === 0);
  useEffect(() => {
    if (unset) set(middleOf(size));
  }, [unset, size.width, size.height]);
  if (!kind || !shown) return null;
  return (
    <section class="panel" aria-label="On the picture">
      <header>
        <h2>{kind === "area" ? "The part" : "The focal point"}</h2>
        <p class="soft small">
          {kind === "area"
            ? "Drag the box or its corners; arrow keys work, too."
            : "Press where the picture matters; arrow keys work, too."}
        </p>
      </header>
      {kind === "area" ? (
        <AreaEditor
          shown={shown}
          size={size}
          area={{ left: number("left"), top: number("top"), width: number("areawidth"), height: number("areaheight") }}
          set={(area) =>
            set({ left: String(area.left), top: String(area.top), areawidth: String(area.width), areaheight: String(area.height) })
          }
        />
      ) : (
        <PointEditor shown={shown} value={params["focal"] ?? ""} set={(focal) => set({ focal })} />
      )}
    </section>
  );
}
