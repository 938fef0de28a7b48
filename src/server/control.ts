import type { Failure } from '../errors.ts';
import type {
  BudgetView,
  Feed,
  Followed,
  Reloaded,
  SourceDetail,
  SourceView,
  Trial,
  WebhookView,
} from './api/schemas.ts';

/** The daemon as the routes see it. Failures have a code of the API. */
export interface Control {
  readonly sources: SourceControl;
  readonly webhooks: WebhookControl;
  readonly deliveries: DeliveryControl;
  /** The state of all budgets. */
  budgets(): readonly BudgetView[];
  /** The configuration in force, without secrets. */
  config(): unknown;
  /** The mistakes of the configuration as it was last read, a line each; empty if it was applied. */
  problems(): readonly string[];
  /** Reads the configuration again. */
  reload(): Promise<Reloaded | Failure>;
  /**
   * Tells what happens from now on, until the function that it gives is called. `end` is called when nothing more
   * will be told. Null: there are too many listeners.
   */
  follow(tell: (happened: Followed) => void, end: () => void): (() => void) | null;
}

/** Actions resolve when they are done; `poll` when the poll was requested. */
export interface SourceControl {
  /** All configured sources, by name. */
  list(): Promise<readonly SourceView[]>;
  find(name: string): Promise<SourceDetail | Failure>;
  poll(name: string): Promise<Failure | null>;
  pause(name: string): Promise<Failure | null>;
  resume(name: string): Promise<Failure | null>;
  approve(name: string): Promise<Failure | null>;
  reject(name: string): Promise<Failure | null>;
  reset(name: string): Promise<Failure | null>;
}

export interface WebhookControl {
  /** All configured webhooks, and removed ones with deliveries, by name. */
  list(): Promise<readonly WebhookView[]>;
  find(name: string): Promise<WebhookView | Failure>;
  /** Whether nothing is sent until a person acts, so that pending deliveries are held. */
  holds(name: string): boolean;
  /** The time (Unix milliseconds) before which nothing is sent, whatever is due; 0 if there is none. */
  waitsUntil(name: string): number;
  pause(name: string): Promise<Failure | null>;
  resume(name: string): Promise<Failure | null>;
  /** Sends a signed test event once, and gives the result. */
  test(name: string): Promise<Trial | Failure>;
  /** @param since Unix milliseconds */
  replay(name: string, since: number): Promise<Failure | null>;
  /** Gives the number of events to be delivered. */
  resync(name: string, source: string): Promise<number | Failure>;
  feed(name: string, after: string | undefined, limit: number): Promise<Feed | Failure>;
}

/** Gives for each id why it failed, or null if it is done. */
export interface DeliveryControl {
  retry(ids: readonly string[]): Promise<ReadonlyMap<string, Failure | null>>;
  drop(ids: readonly string[]): Promise<ReadonlyMap<string, Failure | null>>;
}
