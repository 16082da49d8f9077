"use client";
import { useRef, useSyncExternalStore } from "react";
import type { Quality } from "./url.js";

/** `save`: the user asked for less data; `slow`: 3G or worse; `fast`: anything else, or unknown. */
export type NetworkClass = "save" | "slow" | "fast";

interface Connection {
  saveData?: boolean;
  effectiveType?: string;
}

function read(): NetworkClass {
  const connection = (navigator as { connection?: Connection }).connection;
  if (connection?.saveData) return "save";
  return /[23]g/.test(connection?.effectiveType ?? "") ? "slow" : "fast";
}

const subscribe = (): (() => void) => () => {};
const onServer = (): NetworkClass => "fast";

/**
 * The visitor's network, as it was when the component appeared. It does not change afterwards, and components that came
 * in the server's HTML keep `fast`: their pictures are under way, and another URL would load them once more.
 */
export function useNetworkClass(): NetworkClass {
  return useRef(useSyncExternalStore(subscribe, read, onServer)).current;
}

/**
 * A `quality` for the visitor's network: the server's `low` where bytes count; undefined, so its own choice, on a fast one. In the
 * URL it is the same for every cache in between, which headers are not.
 *
 * @example <ImcaxyProvider server="https://img.example.com" quality={useNetworkQuality()}>
 */
export function useNetworkQuality({ save = "low", slow = "low" }: { save?: Quality; slow?: Quality } = {}): Quality | undefined {
  return { save, slow, fast: undefined }[useNetworkClass()];
}
