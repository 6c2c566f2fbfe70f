/** An event as another system tells it. */
export interface ToldEvent {
  source: string;
  eventType: string;
  payload: unknown;
  metadata: unknown;
}
