import { z } from 'zod';
import { page, pageByName } from './parameters.ts';
import { type Route, route } from './route.ts';
import { budgetView } from './schemas.ts';

const list = route({
  method: 'get',
  path: '/budgets',
  id: 'listBudgets',
  summary:
    'How much may still be asked of each server: the budgets of the configuration, and what servers said; by name.',
  query: page,
  body: null,
  answer: { status: 200, schema: z.object({ items: z.array(budgetView), next: z.string().nullable() }) },
  failures: [],
  async handle({ query }, { control }) {
    return { value: pageByName(control.budgets(), query) };
  },
});

export const budgetRoutes: readonly Route[] = [list];
