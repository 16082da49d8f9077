import { describe, expect, test } from "vitest";
import { further, operations, parameters, withoutControl } from "../../src/playground/grammar.js";
import { query, reactSnippet, withSource } from "../../src/playground/request.js";
import { first, fromHash, toHash } from "../../src/playground/state.js";

describe("the grammar of the page", () => {
  test("every control that an operation names is there", () => {
    for (const [name, { first, start }] of Object.entries(operations))
      for (const parameter of [...first, ...Object.keys(start), ...further(name)])
        expect(parameters, `${name}: ${parameter}`).toHaveProperty(parameter);
  });
  test("every control is reached by an operation", () => {
    const reached = new Set(Object.keys(operations).flatMap((name) => [...operations[name]!.first, ...further(name)]));
    expect(Object.keys(parameters).filter((name) => !reached.has(name))).toEqual([]);
    expect(Object.keys(withoutControl).filter((name) => name in parameters)).toEqual([]);
  });
});

describe("a link", () => {
  test("says all that is set", () => {
    const setting = {
      url: "https://example.com/a b.jpg?x=1&y=2",
      operation: "crop",
      params: { width: "300", focal: "0.25,0.5", type: "webp" },
    };
    expect(fromHash(toHash(setting))).toEqual(setting);
    expect(fromHash(toHash(first))).toEqual(first);
  });
  test("of anybody's making sets nothing that is no parameter", () => {
    expect(fromHash("#op=crop&width=1&__proto__=x&constructor=y&onload=z")).toEqual({ url: "", operation: "crop", params: { width: "1" } });
    for (const hash of ["", "#", "#op=toString", "#op=__proto__", "#width=1"]) expect(fromHash(hash)).toBeUndefined();
  });
});

describe("what is copied", () => {
  test("an address with what is set and no more", () => {
    const setting = {
      url: "https://example.com/a.jpg?v=1",
      operation: "resize",
      params: { width: "400", height: "", quality: "0", background: "255,0,1" },
    };
    expect(withSource(query(setting), setting.url)).toBe(
      "resize?width=400&background=255,0,1&url=https%3A%2F%2Fexample.com%2Fa.jpg%3Fv%3D1",
    );
    expect(withSource(query({ ...setting, params: {} }), "u")).toBe("resize?url=u");
  });
  test("a pipeline in one line", () => {
    const params = { operations: '[\n {"operation": "flip"}\n]' };
    expect(query({ url: "", operation: "pipeline", params })).toBe(
      `pipeline?operations=${encodeURIComponent('[{"operation":"flip"}]').replace(/%3A/g, ":").replace(/%2C/g, ",")}`,
    );
  });
  test("a React component", () => {
    const of = (operation: string, params: Record<string, string>): string =>
      reactSnippet({ url: "https://example.com/a.jpg", operation, params }, { width: 40, height: 30 }).replace(/\s+/g, " ");
    const begin = `<Image src="https://example.com/a.jpg" alt="" width={40} height={30}`;
    expect(of("resize", { width: "40" })).toBe(`${begin} />`);
    expect(of("smartcrop", { width: "40", quality: "60", type: "webp" })).toBe(`${begin} crop="smart" quality={60} format="webp" />`);
    expect(of("crop", { gravity: "north" })).toBe(`${begin} crop="north" />`);
    expect(of("crop", { focal: "0.2,0.3" })).toBe(`${begin} crop params={{ focal: "0.2,0.3" }} />`);
    expect(of("blur", { sigma: "2.5" })).toBe(`${begin} operation="blur" params={{ sigma: 2.5 }} />`);
    expect(of("watermark", { text: `a"b{</script>` })).toBe(`${begin} operation="watermark" params={{ text: "a\\"b{</script>" }} />`);
  });
});
