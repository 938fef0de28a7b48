// A job that takes its time.
const running = (progress) => ({ task_id: 't-42', status: 'running', progress });

export const days = [
  { task_id: 't-42', status: 'queued', progress: 0 },
  running(10),
  running(60),
  { task_id: 't-42', status: 'completed', progress: 100, result: { pages: 12, report: '/reports/t-42.pdf' } },
];

export const answer = (task) => ({ body: task });
