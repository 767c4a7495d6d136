/** Loads what a view cannot start without: says why it fails, and tries again until it comes. */
import { words } from "../words/catalogue";
import { el } from "./element";

const RETRY_LOAD_MS = 3_000;

export async function sooner<T>(host: HTMLElement, load: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await load();
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      host.replaceChildren(
        el(
          "p",
          { class: "banner load-failed", role: "alert", "data-testid": "banner" },
          words.banner.loadFailed(detail),
        ),
      );
      await new Promise((resolve) => window.setTimeout(resolve, RETRY_LOAD_MS));
    }
  }
}
