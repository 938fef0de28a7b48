import type { Row } from './frame/row.ts';
import { backlogRow } from './rows/backlog.ts';
import { commitGrowth } from './rows/commit-growth.ts';
import { deliveriesPerCpu } from './rows/deliveries.ts';
import { latencyRow } from './rows/latency.ts';
import { memoryRow } from './rows/memory.ts';
import { notModifiedPoll } from './rows/not-modified.ts';
import { startRow } from './rows/start.ts';
import { tenThousandSources } from './rows/ten-thousand-sources.ts';
import { unchangedPoll } from './rows/unchanged-poll.ts';
import { waitsRow } from './rows/waits.ts';
import { wholePollRow } from './rows/whole-poll.ts';

/** All rows, in the order of the page. */
export const ROWS: readonly Row[] = [
  unchangedPoll,
  notModifiedPoll,
  wholePollRow,
  commitGrowth,
  deliveriesPerCpu,
  latencyRow,
  tenThousandSources,
  memoryRow,
  backlogRow,
  startRow,
  waitsRow,
];
