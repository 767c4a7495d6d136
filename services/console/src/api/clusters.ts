/** The shapes of reports that people post: clusters, and what they add in a cover plan. No behaviour lives here. */

export type ClusterStatus = "unconfirmed" | "confirmed" | "dismissed";

export type ClusterAction = "confirm" | "dismiss" | "undo";

/** Reports of one thing at about one place and time. */
export interface Cluster {
  cluster: string;
  category: string;
  lon: number;
  lat: number;
  radius_m: number;
  /** 0 to 1, as of the picture's time: it fades. */
  confidence: number;
  reports: number;
  /** How many different people, as far as can be told without knowing any of them. */
  reporters: number;
  status: ClusterStatus;
  first_at: string;
  last_at: string;
  /** Whether a person's word on it stands; one dismissed without is held down by another, dismissed before. */
  judged: boolean;
}

/** One cluster that a plan counts: calls an hour added, over so many zones. */
export interface ClusterRaise {
  cluster: string;
  extra_per_h: number;
  zones: number;
}

/** What the clusters add to a plan's demand; `share` is their part of all the demand counted. */
export interface DemandRaised {
  extra_per_h: number;
  zones: number;
  share: number;
  clusters: ClusterRaise[];
}
