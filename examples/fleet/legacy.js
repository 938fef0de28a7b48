// A telematics system of the time when everything was XML.
const fleet = (...milestones) =>
  milestones.map((milestone, at) => ({ id: `T-${at + 1}`, owner: at === 1 ? 'south' : 'north', milestone }));

export const days = [
  fleet('loaded', 'loaded', 'parked'),
  fleet('departed', 'loaded', 'parked'),
  fleet('departed', 'departed', 'parked'),
  fleet('departed', 'departed', 'parked'),
  fleet('at_customs', 'delivered', 'parked'),
  fleet('at_customs', 'delivered', 'parked'),
];

const somewhere = () => `<position lat="${50 + Math.random()}" lon="${8 + Math.random()}"/>`;

export function answer(trucks) {
  const lines = trucks.map(
    ({ id, owner, milestone }) =>
      `<truck id="${id}"><owner>${owner}</owner>${somewhere()}<milestone>${milestone}</milestone></truck>`,
  );
  return { type: 'application/xml', body: `<?xml version="1.0"?><fleet>${lines.join('')}</fleet>` };
}
