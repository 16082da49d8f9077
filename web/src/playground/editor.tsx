// The picture with what is set on it: the box of a part, or the focal point. By pointer, or with the arrow keys.
import type { JSX } from "preact";
import { useRef } from "preact/hooks";

export interface Area {
  left: number;
  top: number;
  width: number;
  height: number;
}

interface Common {
  shown: string;
  /** Of the original, in pixels. */
  size: { width: number; height: number };
}

const clamp = (value: number, least: number, most: number): number => Math.min(Math.max(value, least), Math.max(least, most));

/** Follows a pointer until it is released; told in shares of the picture, since it was pressed. */
function drag(event: PointerEvent, stage: HTMLElement, moved: (dx: number, dy: number) => void): void {
  event.preventDefault();
  const target = event.currentTarget as HTMLElement;
  target.setPointerCapture(event.pointerId);
  target.focus();
  const { width, height } = stage.getBoundingClientRect();
  const from = { x: event.clientX, y: event.clientY };
  const move = (now: PointerEvent): void => moved((now.clientX - from.x) / width, (now.clientY - from.y) / height);
  const end = (): void => {
    target.removeEventListener("pointermove", move);
    target.removeEventListener("pointerup", end);
    target.removeEventListener("pointercancel", end);
  };
  target.addEventListener("pointermove", move);
  target.addEventListener("pointerup", end);
  target.addEventListener("pointercancel", end);
}

/** The arrow that was pressed, as a direction. */
const arrows: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

const corners = ["nw", "ne", "sw", "se"] as const;
const cornerNames = { nw: "top left", ne: "top right", sw: "bottom left", se: "bottom right" };

export function AreaEditor({ shown, size, area, set }: Common & { area: Area; set: (area: Area) => void }): JSX.Element {
  const stage = useRef<HTMLDivElement>(null);
  const move = (from: Area, dx: number, dy: number): void =>
    set({
      ...from,
      left: Math.round(clamp(from.left + dx, 0, size.width - from.width)),
      top: Math.round(clamp(from.top + dy, 0, size.height - from.height)),
    });
  const resize = (from: Area, corner: (typeof corners)[number], dx: number, dy: number): void => {
    const least = 16;
    let [left, top, right, bottom] = [from.left, from.top, from.left + from.width, from.top + from.height];
    if (corner.includes("w")) left = clamp(left + dx, 0, right - least);
    else right = clamp(right + dx, left + least, size.width);
    if (corner.includes("n")) top = clamp(top + dy, 0, bottom - least);
    else bottom = clamp(bottom + dy, top + least, size.height);
    set({ left: Math.round(left), top: Math.round(top), width: Math.round(right - left), height: Math.round(bottom - top) });
  };
  const byKey =
    (act: (dx: number, dy: number) => void) =>
    (event: KeyboardEvent): void => {
      const arrow = arrows[event.key];
      if (!arrow) return;
      event.preventDefault();
      event.stopPropagation();
      const step = event.shiftKey ? 1 : Math.max(1, Math.round(size.width / 50));
      act(arrow[0] * step, arrow[1] * step);
    };
  const said = `${area.width} by ${area.height} pixels, ${area.left} from the left and ${area.top} from the top`;
  return (
    <div class="stage" ref={stage}>
      <img src={shown} alt="The whole picture" draggable={false} />
      <div
        class="area"
        tabIndex={0}
        role="group"
        aria-label={`The part: ${said}. Arrow keys move it, with Shift by one pixel.`}
        style={{
          left: `${(area.left / size.width) * 100}%`,
          top: `${(area.top / size.height) * 100}%`,
          width: `${(area.width / size.width) * 100}%`,
          height: `${(area.height / size.height) * 100}%`,
        }}
        onPointerDown={(event) => drag(event, stage.current!, (dx, dy) => move(area, dx * size.width, dy * size.height))}
        onKeyDown={byKey((dx, dy) => move(area, dx, dy))}
      >
        {corners.map((corner) => (
          <button
            key={corner}
            type="button"
            class={`corner ${corner}`}
            aria-label={`The ${cornerNames[corner]} corner: arrow keys move it`}
            onPointerDown={(event) => {
              event.stopPropagation();
              drag(event, stage.current!, (dx, dy) => resize(area, corner, dx * size.width, dy * size.height));
            }}
            onKeyDown={byKey((dx, dy) => resize(area, corner, dx, dy))}
          />
        ))}
      </div>
    </div>
  );
}

export function PointEditor({ shown, value, set }: Omit<Common, "size"> & { value: string; set: (value: string) => void }): JSX.Element {
  const stage = useRef<HTMLDivElement>(null);
  const parts = value.split(",").map(Number);
  const known = parts.length === 2 && parts.every((part) => part >= 0 && part <= 1);
  const [x, y] = known ? (parts as [number, number]) : [0.5, 0.5];
  const put = (newX: number, newY: number): void => set([newX, newY].map((part) => String(Number(clamp(part, 0, 1).toFixed(3)))).join(","));
  const onPress = (event: PointerEvent): void => {
    const box = stage.current!.getBoundingClientRect();
    const [startX, startY] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
    put(startX, startY);
    drag(event, stage.current!, (dx, dy) => put(startX + dx, startY + dy));
  };
  const onKey = (event: KeyboardEvent): void => {
    const arrow = arrows[event.key];
    if (!arrow) return;
    event.preventDefault();
    const step = event.shiftKey ? 0.005 : 0.05;
    put(x + arrow[0] * step, y + arrow[1] * step);
  };
  return (
    <div class="stage" ref={stage}>
      <img src={shown} alt="The whole picture" draggable={false} />
      <div class="surface" onPointerDown={onPress} onKeyDown={onKey} tabIndex={-1}>
        <button
          type="button"
          class={known ? "point" : "point unset"}
          style={{ left: `${x * 100}%`, top: `${y * 100}%` }}
          aria-label={`The focal point: ${known ? `${Math.round(x * 100)}% from the left, ${Math.round(y * 100)}% from the top` : "not set"}. Arrow keys move it.`}
        />
      </div>
    </div>
  );
}
