// A status page on which everything ticks.
const states = (mail, web) => [
  { name: 'mail', state: mail },
  { name: 'web', state: web },
];
const [up, down] = ['up', 'down'];

export const days = [
  states(up, up),
  states(down, up), // a hiccup
  states(up, up),
  states(up, down), // an outage
  states(up, down),
  states(up, down), // of which this is the proof
  states(up, up), // a sign of life
  states(up, down),
  states(up, up),
  states(up, up), // up for good
  states(up, up),
];

export const answer = (services) => ({
  body: {
    generated_at: new Date(),
    services: services.map((service) => ({ ...service, checked_at: new Date(), latency_ms: Math.random() })),
  },
});
