import { openJsonStore } from '../../../src/store/json/open.ts';
import { conformance } from '../conformance.ts';

conformance('JSON files', openJsonStore);
