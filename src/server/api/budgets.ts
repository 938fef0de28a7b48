import { z } from 'zod';
import { none } from './parameters.ts';
import { type Route, route } from './route.ts';
import { budgetView } from './schemas.ts';

const list = route({
  method: 'get',
  path: '/budgets',
  id: 'listBudgets',
  summary:
    'How much may still be asked of each server: the budgets of the configuration, and what servers said.',
  query: none,
  body: null,
  answer: { status: 200, schema: z.object({ items: z.array(budgetView) }) },
  failures: [],
  async handle(_, { control }) {
    return { value: { items: control.budgets() } };
  },
});

export const budgetRoutes: readonly Route[] = [list];
