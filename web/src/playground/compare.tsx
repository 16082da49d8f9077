// Before and after in one place, with a line between them that a pointer or the arrow keys move.
import type { JSX } from "preact";
import { useState } from "preact/hooks";

interface Picture {
  shown: string;
  label: string;
}

const zooms: [string, string][] = [
  ["fit", "Fit"],
  ["1", "100%"],
  ["2", "200%"],
  ["4", "400%"],
];

export function Compare({
  before,
  after,
  width,
  height,
}: {
  before: Picture | undefined;
  after: Picture;
  width: number;
  height: number;
}): JSX.Element {
  const [at, setAt] = useState(50);
  const [zoom, setZoom] = useState("fit");
  const scale = Number(zoom);
  return (
    <div class="compare">
      <div class="room" data-zoom={zoom} {...(zoom !== "fit" && { tabIndex: 0, role: "region", "aria-label": "The picture, enlarged" })}>
        <div class="pictures" style={{ "--at": `${at}%`, ...(scale && { width: `${width * scale}px` }) }}>
          <img class="after" src={after.shown} alt={`The answer: ${after.label}`} width={width} height={height} />
          {before && (
            <>
              <img class="before" src={before.shown} alt={`For comparison: ${before.label}`} width={width} height={height} />
              <input
                type="range"
                min="0"
                max="100"
                value={at}
                aria-label="Where the comparison ends and the answer begins"
                aria-valuetext={`${at}% of the comparison`}
                onInput={(event) => setAt(Number(event.currentTarget.value))}
              />
              <span class="knob" aria-hidden="true" />
              <span class="label left" aria-hidden="true">
                {before.label}
              </span>
              <span class="label right" aria-hidden="true">
                {after.label}
              </span>
            </>
          )}
        </div>
      </div>
      <div class="zooms" role="group" aria-label="Zoom">
        {zooms.map(([value, label]) => (
          <button key={value} type="button" class="plain" aria-pressed={zoom === value} onClick={() => setZoom(value)}>
            {label}
          </button>
        ))}
      </div>
    </div>
  );
}
