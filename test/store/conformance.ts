import { describe } from 'node:test';
import { anySequence } from './conformance/any-sequence.ts';
import { archive } from './conformance/archive.ts';
import { claims } from './conformance/claims.ts';
import { history } from './conformance/history.ts';
import { interventions } from './conformance/interventions.ts';
import { names } from './conformance/names.ts';
import { openings } from './conformance/openings.ts';
import { outcomes } from './conformance/outcomes.ts';
import type { Open } from './conformance/place.ts';
import { snapshots } from './conformance/snapshots.ts';
import { turns } from './conformance/turns.ts';

/**
 * Registers what every kind of state must do: each sentence of src/store/contract.ts by name, then random sequences of
 * everything against a plain model.
 *
 * `POLLHOOK_CONFORMANCE_RUNS` sets the number of random sequences; a failure prints seed and path to repeat it.
 *
 * @param open opens the state at a path that does not exist yet, inside a folder made for it; or opens it again
 */
export function conformance(name: string, open: Open): void {
  describe(`conformance: ${name}`, () => {
    openings(open);
    snapshots(open);
    claims(open);
    turns(open);
    outcomes(open);
    interventions(open);
    history(open);
    archive(open);
    names(open);
    anySequence(open);
  });
}
