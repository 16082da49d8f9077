// A chart over time: drawn by uPlot, told in a sentence, and as a table for whoever wants figures.
import type { JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

export interface Line {
  label: string;
  /** One of the style's chart colours, 1 to 5. */
  colour: 1 | 2 | 3 | 4 | 5;
  values: (number | null)[];
}

interface Props {
  title: string;
  /** What it says now, in a sentence. */
  says: string;
  /** Milliseconds since 1970. */
  times: number[];
  lines: Line[];
  format: (value: number) => string;
  /** Each line on top of those before it, as areas. */
  stacked?: boolean;
  logarithmic?: boolean;
  /** What the axis reaches at least. */
  least?: number;
  /** No halves of anything. */
  whole?: boolean;
}

const height = 200;
/** Seconds that are shown, as far as there are figures. */
const span = { least: 120, most: 600 };

function paint(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(name).trim();
}

/** Areas are drawn from the back: the sum of all first. */
function dataOf({ times, lines, stacked }: Props): uPlot.AlignedData {
  const seconds = times.map((time) => time / 1000);
  if (!stacked) return [seconds, ...lines.map((line) => line.values)] as uPlot.AlignedData;
  const sums = lines.map((_, k) =>
    times.map((__, i) =>
      lines.slice(0, k + 1).reduce<number | null>((sum, line) => (line.values[i] == null ? sum : (sum ?? 0) + line.values[i]!), null),
    ),
  );
  return [seconds, ...sums.reverse()] as uPlot.AlignedData;
}

const clock = (second: number, withSeconds: boolean): string =>
  new Date(second * 1000).toLocaleTimeString([], {
    hour: "2-digit",
    minute: "2-digit",
    ...(withSeconds && { second: "2-digit" }),
    hourCycle: "h23",
  });

/** Of a logarithmic axis: powers of ten. */
const decades = (_: uPlot, splits: number[]): (number | null)[] =>
  splits.map((value) => (Math.abs(Math.log10(value) % 1) < 1e-9 ? value : null));

function optionsOf(props: Props, width: number): uPlot.Options {
  const drawn = props.stacked ? [...props.lines].reverse() : props.lines;
  const axis = {
    stroke: paint("--soft"),
    grid: { stroke: paint("--line"), width: 1 },
    ticks: { show: false },
    font: "12px system-ui, sans-serif",
  };
  return {
    width,
    height,
    legend: { show: false },
    cursor: { drag: { x: false, y: false }, points: { size: 7 } },
    scales: {
      x: {
        time: true,
        range: (_, first, last) => [Math.max(last - span.most, Math.min(first, last - span.least)), last] as [number, number],
      },
      y: props.logarithmic ? { distr: 3, log: 10 } : { range: (_, __, most) => [0, Math.max(props.least ?? 1, (most ?? 0) * 1.12)] },
    },
    axes: [
      {
        ...axis,
        size: 30,
        space: 64,
        values: (_, splits) =>
          splits.map((second) =>
            clock(
              second,
              splits.some((other) => other % 60 !== 0),
            ),
          ),
      },
      {
        ...axis,
        size: 66,
        ...(props.whole && { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000] }),
        ...(props.logarithmic && { grid: { ...axis.grid, filter: decades } }),
        values: (_, splits) =>
          (props.logarithmic ? decades(_, splits) : splits).map((value) => (value === null ? "" : props.format(value))),
      },
    ],
    series: [
      {},
      ...drawn.map((line): uPlot.Series => {
        const colour = paint(`--chart-${line.colour}`);
        return {
          label: line.label,
          stroke: colour,
          width: props.stacked ? 1 : 2,
          ...(props.stacked && { fill: colour }),
          points: { show: false },
        };
      }),
    ],
  };
}

export function Chart(props: Props): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLParagraphElement>(null);
  const plot = useRef<uPlot>(null);
  const latest = useRef(props);
  latest.current = props;

  useEffect(() => {
    const element = place.current!;
    const draw = (): void => {
      plot.current?.destroy();
      const options = optionsOf(latest.current, element.clientWidth);
      options.hooks = { setCursor: [(u) => tell(u.cursor.idx ?? null)] };
      plot.current = new uPlot(options, dataOf(latest.current), element);
    };
    const tell = (at: number | null): void => {
      const { lines, times, format } = latest.current;
      const time = at === null ? undefined : times[at];
      if (!tip.current) return;
      tip.current.textContent =
        at === null || time === undefined
          ? ""
          : `${new Date(time).toLocaleTimeString()}: ${lines.map((line) => `${line.label} ${line.values[at] == null ? "–" : format(line.values[at]!)}`).join(", ")}`;
    };
    draw();
    const resized = new ResizeObserver(() => plot.current?.setSize({ width: element.clientWidth, height }));
    resized.observe(element);
    const dark = matchMedia("(prefers-color-scheme: dark)");
    dark.addEventListener("change", draw);
    return () => {
      resized.disconnect();
      dark.removeEventListener("change", draw);
      plot.current?.destroy();
      plot.current = null;
    };
  }, []);
  useEffect(() => plot.current?.setData(dataOf(props)), [props.times, props.lines]);

  const shown = [...props.times.keys()].slice(-10).reverse();
  return (
    <section class="panel chart" aria-label={props.title}>
      <header>
        <h2>{props.title}</h2>
        <ul class="legend">
          {props.lines.map((line) => (
            <li key={line.label}>
              <span class={`swatch c${line.colour}`} aria-hidden="true" /> {line.label}
            </li>
          ))}
        </ul>
      </header>
      <p class="soft small">{props.says}</p>
      <div class="plot" ref={place} role="img" aria-label={`${props.title}. ${props.says}`} />
      <p class="tip small soft" ref={tip} aria-hidden="true" />
      <details>
        <summary class="small">As a table</summary>
        <div class="scroll" tabIndex={0} role="region" aria-label={`${props.title}, as a table`}>
          <table>
            <caption class="hidden">{props.title}, the latest first</caption>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {props.lines.map((line) => (
                  <th key={line.label} scope="col" class="number">
                    {line.label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {shown.map((i) => (
                <tr key={props.times[i]}>
                  <th scope="row">{new Date(props.times[i]!).toLocaleTimeString()}</th>
                  {props.lines.map((line) => (
                    <td key={line.label} class="number">
                      {line.values[i] == null ? "–" : props.format(line.values[i]!)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      </details>
    </section>
  );
}
