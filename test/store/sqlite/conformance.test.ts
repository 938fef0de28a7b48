import { openSqliteStore } from '../../../src/store/sqlite/open.ts';
import { conformance } from '../conformance.ts';

conformance('SQLite', openSqliteStore);
