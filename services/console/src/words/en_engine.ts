/** The words of the Engine room, in English. Part of the catalogue in `en.ts`; no logic lives here. */
import { plural } from "./plurals";

export const enEngine = {
  engine: {
    name: "Engine room",
    title: "Engine room",
    strip: {
      label: "The service at a glance",
      state: "this process",
      window: (seconds: number) => `figures of the last ${plural(seconds, "second", "seconds")}`,
      events: "events a second",
      plans: "plans a second",
      lag: "records of lag",
      p99: "event to plan, p99",
      consoles: "consoles",
    },
    failed: (why: string, age: string | null) =>
      age === null
        ? `The service does not answer (${why}).`
        : `The service does not answer (${why}). What is shown is ${age} old.`,
    waiting: "Waiting for a second reading …",
    all: "all areas",
    area: "Area",
    stages: {
      heading: "Where the time goes",
      caption: "Time in each stage of an event's way, of what this process did in the last while.",
      columns: ["stage", "times", "p50 ms", "p95 ms", "p99 ms", "spread"],
      whole: "event to plan",
      names: {
        ingest: "taken in",
        fold: "folded into the picture",
        wait: "waiting for the solver",
        solve: "first plan",
        certify: "proof",
        frontier: "proof of every choice",
        publish: "published",
        push: "pushed to a console",
      },
      level: (p50: string, p99: string, p99Kafka: string) =>
        `Level: event to console p50 ≤ ${p50} ms and p99 ≤ ${p99} ms, p99 ≤ ${p99Kafka} ms through Kafka and Redis, on two cores.`,
      within: "within the level",
      over: "over the level",
      beyond: (value: string) => `> ${value}`,
      spread: (name: string) => `Spread of ${name}: how often each time came, from short on the left to long on the right`,
    },
    areas: {
      heading: "Areas",
      columns: [
        "area",
        "state",
        "lag",
        "events/s",
        "plans/s",
        "event to plan p99 ms",
        "solver gap p50 %",
        "consoles",
        "failed solves",
        "refused at the door",
        "dead letters",
      ],
      unknown: "not told",
    },
    letters: {
      heading: "Dead letters",
      none: "None since this process began.",
      some: (n: number, area: string) => `${area}: ${plural(n, "record", "records")} kept as dead letters.`,
      where:
        "Each is kept with its bytes, its position and the reason in the area's dead-letter log. The API does not list them, and has no retry: that is why there is none here.",
    },
    notes: [
      "These are the figures of the process that served this page. Beside workers on Kafka it is an API replica: what it takes in and pushes. Fold, solve and lag are then at each worker's own /metrics.",
      "Load runs write a page of their own, with their verdict: make loadtest, make loadtest-kafka.",
    ],
    none: "–",
  },
};
