import type { AnswerHeaders as Headers } from '../../../src/lib/http/header.ts';

/** When all of these answers came: `1795253400` in Unix time. */
export const NOW = Date.parse('2026-11-21T09:30:00.000Z');

const S = 1000;
const M = 60 * S;
const H = 60 * M;
const D = 24 * H;

/** One limit: name, what is left, of how many, milliseconds until the reset, and that it is for. */
type Expected = readonly [
  name: string,
  remaining: number | null,
  limit: number | null,
  reset: number | null,
  window: number | null,
];

export interface Example {
  readonly server: string;
  /** Where its headers are described. */
  readonly source: string;
  readonly status?: number;
  readonly headers: Headers;
  readonly body?: string;
  readonly allowances?: readonly Expected[];
  readonly retryAfter?: number;
  readonly floor?: number;
  /** Whether it refuses a request for being one too many. */
  readonly limited?: true;
}

/** Answers as the servers document them, with times moved to {@link NOW}. */
export const EXAMPLES: readonly Example[] = [
  {
    server: 'GitHub',
    source: 'https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api',
    headers: {
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': '4987',
      'x-ratelimit-reset': '1795255860',
      'x-ratelimit-used': '13',
      'x-ratelimit-resource': 'core',
    },
    allowances: [['', 4987, 5000, 41 * M, null]],
  },
  {
    server: 'GitHub, limited as 403',
    source: 'https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api',
    status: 403,
    headers: { 'x-ratelimit-limit': '60', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1795253460' },
    allowances: [['', 0, 60, M, null]],
    limited: true,
  },
  {
    server: 'GitHub, secondary limit',
    source:
      'https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits',
    status: 403,
    headers: {
      'x-ratelimit-limit': '5000',
      'x-ratelimit-remaining': '4000',
      'x-ratelimit-reset': '1795255860',
    },
    body: '{"message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."}',
    allowances: [['', 4000, 5000, 41 * M, null]],
    limited: true,
  },
  {
    server: 'GitHub events',
    source: 'https://docs.github.com/en/rest/activity/events',
    headers: { 'x-poll-interval': '60' },
    floor: M,
  },
  {
    server: 'GitLab',
    source: 'https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/#response-headers',
    headers: {
      'ratelimit-limit': '60',
      'ratelimit-name': 'throttle_authenticated_web',
      'ratelimit-observed': '67',
      'ratelimit-remaining': '0',
      'ratelimit-reset': '1795253430',
      'ratelimit-resettime': 'Sat, 21 Nov 2026 09:30:30 GMT',
      'retry-after': '30',
    },
    status: 429,
    allowances: [['', 0, 60, 30 * S, null]],
    retryAfter: 30 * S,
    limited: true,
  },
  {
    server: 'Zendesk',
    source: 'https://developer.zendesk.com/api-reference/introduction/rate-limits/',
    headers: {
      'x-rate-limit': '700',
      'x-rate-limit-remaining': '699',
      'ratelimit-limit': '700',
      'ratelimit-remaining': '699',
      'ratelimit-reset': '41',
    },
    allowances: [['', 699, 700, 41 * S, null]],
  },
  {
    server: 'Zendesk, of one endpoint',
    source:
      'https://developer.zendesk.com/documentation/ticketing/using-the-zendesk-api/best-practices-for-avoiding-rate-limiting/',
    headers: { 'zendesk-ratelimit-tickets-index': 'total=100; remaining=99; resets=41' },
    allowances: [['zendesk/tickets-index', 99, 100, 41 * S, null]],
  },
  {
    server: 'HubSpot',
    source: 'https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines',
    headers: {
      'x-hubspot-ratelimit-daily': '250000',
      'x-hubspot-ratelimit-daily-remaining': '249999',
      'x-hubspot-ratelimit-interval-milliseconds': '10000',
      'x-hubspot-ratelimit-max': '100',
      'x-hubspot-ratelimit-remaining': '99',
    },
    allowances: [
      ['hubspot/daily', 249999, 250000, null, D],
      ['hubspot', 99, 100, null, 10 * S],
    ],
  },
  {
    server: 'Jira Cloud, limited',
    source: 'https://developer.atlassian.com/cloud/jira/platform/rate-limiting/',
    status: 429,
    headers: {
      'retry-after': '5',
      'x-ratelimit-limit': '350',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '2026-11-21T09:31Z',
      'x-ratelimit-nearlimit': 'true',
      'ratelimit-reason': 'jira-quota-global-based',
    },
    allowances: [['', 0, 350, M, null]],
    retryAfter: 5 * S,
    limited: true,
  },
  {
    server: 'Jira Cloud, beta headers',
    source: 'https://developer.atlassian.com/cloud/jira/platform/rate-limiting/',
    headers: {
      'beta-ratelimit-policy': '"global-app-quota";q=65000;w=3600',
      'beta-ratelimit': '"global-app-quota";r=63000;t=600',
    },
    allowances: [['/global-app-quota', 63000, 65000, 10 * M, H]],
  },
  {
    server: 'Jira Data Center',
    source:
      'https://confluence.atlassian.com/adminjiraserver/adjusting-your-code-for-rate-limiting-987143384.html',
    headers: {
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': '7',
      'x-ratelimit-fillrate': '50',
      'x-ratelimit-interval-seconds': '30',
      'retry-after': '0',
    },
    allowances: [['', 7, 100, null, 30 * S]],
    retryAfter: 0,
  },
  {
    server: 'Shopify',
    source: 'https://shopify.dev/docs/api/admin-rest/usage/rate-limits',
    headers: { 'x-shopify-shop-api-call-limit': '32/40' },
    allowances: [['shopify', 8, 40, null, 20 * S]],
  },
  {
    server: 'Shopify, limited',
    source: 'https://shopify.dev/docs/api/admin-rest/usage/rate-limits',
    status: 429,
    headers: { 'x-shopify-shop-api-call-limit': '40/40', 'retry-after': '2.0' },
    allowances: [['shopify', 0, 40, null, 20 * S]],
    retryAfter: 2 * S,
    limited: true,
  },
  {
    server: 'Salesforce',
    source: 'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm',
    headers: { 'sforce-limit-info': 'api-usage=10018/100000' },
    allowances: [['sforce/api-usage', 89982, 100000, null, D]],
  },
  {
    server: 'Salesforce, of one app',
    source: 'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/headers_api_usage.htm',
    headers: {
      'sforce-limit-info': 'api-usage=25/5000; per-app-api-usage=17/250(appName=sample-connected-app)',
    },
    allowances: [
      ['sforce/api-usage', 4975, 5000, null, D],
      ['sforce/per-app-api-usage', 233, 250, null, D],
    ],
  },
  {
    server: 'Salesforce, limited as 403',
    source: 'https://developer.salesforce.com/docs/atlas.en-us.api_rest.meta/api_rest/errorcodes.htm',
    status: 403,
    headers: {},
    body: '[{"message":"TotalRequests Limit exceeded.","errorCode":"REQUEST_LIMIT_EXCEEDED"}]',
    limited: true,
  },
  {
    server: 'Slack',
    source: 'https://docs.slack.dev/apis/web-api/rate-limits',
    status: 429,
    headers: { 'retry-after': '30' },
    retryAfter: 30 * S,
    limited: true,
  },
  {
    server: 'Stripe',
    source: 'https://docs.stripe.com/rate-limits',
    status: 429,
    headers: { 'stripe-rate-limited-reason': 'global-rate' },
    limited: true,
  },
  {
    server: 'Okta',
    source: 'https://developer.okta.com/docs/reference/rl-best-practices/',
    headers: {
      'x-rate-limit-limit': '600',
      'x-rate-limit-remaining': '599',
      'x-rate-limit-reset': '1795253460',
    },
    allowances: [['', 599, 600, M, null]],
  },
  {
    server: 'Auth0',
    source: 'https://auth0.com/docs/troubleshoot/customer-support/operational-policies/rate-limit-policy',
    headers: { 'x-ratelimit-limit': '10', 'x-ratelimit-remaining': '9', 'x-ratelimit-reset': '1795253401' },
    allowances: [['', 9, 10, S, null]],
  },
  {
    server: 'Discord',
    source: 'https://discord.com/developers/docs/topics/rate-limits',
    status: 429,
    headers: {
      'x-ratelimit-limit': '5',
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '1795253464.570',
      'x-ratelimit-reset-after': '64.57',
      'x-ratelimit-bucket': 'abcd1234',
      'x-ratelimit-scope': 'user',
      'retry-after': '65',
    },
    allowances: [['', 0, 5, 64_570, null]],
    retryAfter: 65 * S,
    limited: true,
  },
  {
    server: 'Reddit',
    source: 'https://support.reddithelp.com/hc/en-us/articles/16160319875092-Reddit-Data-API-Wiki',
    headers: { 'x-ratelimit-used': '2', 'x-ratelimit-remaining': '598.0', 'x-ratelimit-reset': '432' },
    allowances: [['', 598, null, 432 * S, null]],
  },
  {
    server: 'X',
    source: 'https://docs.x.com/x-api/fundamentals/rate-limits',
    headers: {
      'x-rate-limit-limit': '900',
      'x-rate-limit-remaining': '899',
      'x-rate-limit-reset': '1795254300',
    },
    allowances: [['', 899, 900, 15 * M, null]],
  },
  {
    server: 'Asana',
    source: 'https://developers.asana.com/docs/rate-limits',
    status: 429,
    headers: { 'retry-after': '12' },
    retryAfter: 12 * S,
    limited: true,
  },
  {
    server: 'Intercom',
    source: 'https://developers.intercom.com/docs/references/rest-api/errors/rate-limiting',
    headers: { 'x-ratelimit-limit': '83', 'x-ratelimit-remaining': '73', 'x-ratelimit-reset': '1795253410' },
    allowances: [['', 73, 83, 10 * S, null]],
  },
  {
    server: 'Freshdesk',
    source: 'https://developers.freshdesk.com/api/#ratelimit',
    headers: {
      'x-ratelimit-total': '5000',
      'x-ratelimit-remaining': '4999',
      'x-ratelimit-used-currentrequest': '1',
    },
    allowances: [['', 4999, 5000, null, null]],
  },
  {
    server: 'ServiceNow',
    source:
      'https://www.servicenow.com/docs/bundle/australia-api-reference/page/integrate/inbound-rest/concept/inbound-REST-API-rate-limiting.html',
    status: 429,
    headers: {
      'x-ratelimit-limit': '10',
      'x-ratelimit-reset': '1795255200',
      'x-ratelimit-rule': 'a730b8c2db3f5300e0ef9a3c0f961981',
      'retry-after': '1800',
    },
    allowances: [['', null, 10, 30 * M, null]],
    retryAfter: 30 * M,
    limited: true,
  },
  {
    server: 'Cloudflare',
    source: 'https://developers.cloudflare.com/fundamentals/api/reference/limits/',
    headers: { ratelimit: '"default";r=50;t=30', 'ratelimit-policy': '"burst";q=100;w=60' },
    allowances: [
      ['/default', 50, null, 30 * S, null],
      ['/burst', null, 100, null, M],
    ],
  },
  {
    server: 'Docker Hub',
    source: 'https://docs.docker.com/docker-hub/usage/pulls/#view-pull-rate-and-limit',
    headers: {
      'ratelimit-limit': '100;w=21600',
      'ratelimit-remaining': '76;w=21600',
      'docker-ratelimit-source': '192.0.2.1',
    },
    allowances: [['', 76, 100, null, 6 * H]],
  },
  {
    server: 'OpenAI',
    source: 'https://platform.openai.com/docs/guides/rate-limits',
    headers: {
      'x-ratelimit-limit-requests': '60',
      'x-ratelimit-limit-tokens': '150000',
      'x-ratelimit-remaining-requests': '59',
      'x-ratelimit-remaining-tokens': '149984',
      'x-ratelimit-reset-requests': '1s',
      'x-ratelimit-reset-tokens': '6m0s',
    },
    allowances: [['/requests', 59, 60, S, null]],
  },
  {
    server: 'Anthropic',
    source: 'https://docs.claude.com/en/api/rate-limits',
    headers: {
      'anthropic-ratelimit-requests-limit': '1000',
      'anthropic-ratelimit-requests-remaining': '999',
      'anthropic-ratelimit-requests-reset': '2026-11-21T09:30:01Z',
      'anthropic-ratelimit-tokens-remaining': '80000',
    },
    allowances: [['anthropic/requests', 999, 1000, S, null]],
  },
  {
    server: 'Azure Resource Manager',
    source:
      'https://learn.microsoft.com/en-us/azure/azure-resource-manager/management/request-limits-and-throttling',
    headers: { 'x-ms-ratelimit-remaining-subscription-reads': '249' },
    allowances: [['ms/subscription-reads', 249, null, null, null]],
  },
  {
    server: 'Azure Cosmos DB',
    source: 'https://learn.microsoft.com/en-us/rest/api/cosmos-db/common-cosmosdb-rest-response-headers',
    status: 429,
    headers: { 'x-ms-retry-after-ms': '512' },
    retryAfter: 512,
    limited: true,
  },
  {
    server: 'Linear',
    source: 'https://linear.app/developers/rate-limiting',
    headers: {
      'x-ratelimit-requests-limit': '5000',
      'x-ratelimit-requests-remaining': '4999',
      'x-ratelimit-requests-reset': '1795257000000',
      'x-ratelimit-complexity-remaining': '249000',
    },
    allowances: [['/requests', 4999, 5000, H, null]],
  },
  {
    server: 'Notion',
    source: 'https://developers.notion.com/reference/request-limits',
    status: 429,
    headers: { 'retry-after': '7' },
    retryAfter: 7 * S,
    limited: true,
  },
  {
    server: 'Sentry',
    source: 'https://docs.sentry.io/api/ratelimits/',
    headers: {
      'x-sentry-rate-limit-limit': '40',
      'x-sentry-rate-limit-remaining': '39',
      'x-sentry-rate-limit-reset': '1795253401',
      'x-sentry-rate-limit-concurrentlimit': '25',
      'x-sentry-rate-limit-concurrentremaining': '24',
    },
    allowances: [['sentry', 39, 40, S, null]],
  },
  {
    server: 'Trello',
    source: 'https://jira.atlassian.com/browse/TRELLO-1104',
    headers: {
      'x-rate-limit-api-key-interval-ms': '10000',
      'x-rate-limit-api-key-max': '300',
      'x-rate-limit-api-key-remaining': '299',
    },
    allowances: [['/api-key', 299, 300, null, 10 * S]],
  },
  {
    server: 'BigCommerce',
    source: 'https://developer.bigcommerce.com/docs/start/best-practices/api-rate-limits',
    headers: {
      'x-rate-limit-requests-left': '35',
      'x-rate-limit-requests-quota': '150',
      'x-rate-limit-time-reset-ms': '3000',
      'x-rate-limit-time-window-ms': '5000',
    },
    allowances: [['/requests', 35, 150, 3 * S, 5 * S]],
  },
  {
    server: 'Zoom',
    source: 'https://developers.zoom.us/docs/api/rate-limits/',
    status: 429,
    headers: {
      'x-ratelimit-category': 'Heavy',
      'x-ratelimit-type': 'Daily-limit',
      'x-ratelimit-limit': '60000',
      'x-ratelimit-remaining': '0',
      'retry-after': '2026-11-21T12:00:00Z',
    },
    allowances: [['', 0, 60000, null, null]],
    retryAfter: 2.5 * H,
    limited: true,
  },
  {
    server: 'Strava',
    source: 'https://developers.strava.com/docs/rate-limits/',
    headers: { 'x-ratelimit-limit': '200,2000', 'x-ratelimit-usage': '10,300' },
    allowances: [
      ['/#1', 190, 200, null, null],
      ['/#2', 1700, 2000, null, null],
    ],
  },
  {
    server: 'Riot Games',
    source: 'https://developer.riotgames.com/docs/portal#web-apis_rate-limiting',
    headers: { 'x-app-rate-limit': '100:120,20:1', 'x-app-rate-limit-count': '40:120,1:1' },
    allowances: [
      ['app/#1', 60, 100, null, 2 * M],
      ['app/#2', 19, 20, null, S],
    ],
  },
  {
    server: 'Kong',
    source: 'https://developer.konghq.com/plugins/rate-limiting/',
    headers: {
      'ratelimit-limit': '6',
      'ratelimit-remaining': '4',
      'ratelimit-reset': '47',
      'x-ratelimit-limit-minute': '10',
      'x-ratelimit-remaining-minute': '9',
    },
    allowances: [
      ['', 4, 6, 47 * S, null],
      ['/minute', 9, 10, null, M],
    ],
  },
  {
    server: 'Klaviyo',
    source: 'https://developers.klaviyo.com/en/docs/rate_limits_and_error_handling',
    headers: { 'ratelimit-limit': '3, 3;w=1, 60;w=60', 'ratelimit-remaining': '2', 'ratelimit-reset': '1' },
    allowances: [['', 2, 3, S, S]],
  },
  {
    server: 'IETF draft 7',
    source: 'https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-07',
    headers: { ratelimit: 'limit=100, remaining=50, reset=5', 'ratelimit-policy': '100;w=10' },
    allowances: [['', 50, 100, 5 * S, 10 * S]],
  },
  {
    server: 'IETF draft 10, several policies',
    source: 'https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-ratelimit-headers-10',
    headers: {
      ratelimit: '"permin";r=50;t=30, "perhr";r=7;t=1800',
      'ratelimit-policy':
        '"permin";q=50;w=60,"perhr";q=1000;w=3600,"bytes";q=5000000;qu="content-bytes";w=60',
    },
    allowances: [
      ['/permin', 50, 50, 30 * S, M],
      ['/perhr', 7, 1000, 30 * M, H],
    ],
  },
  {
    server: 'Contentful',
    source: 'https://www.contentful.com/developers/docs/references/content-delivery-api/#api-rate-limits',
    headers: {
      'x-contentful-ratelimit-hour-limit': '36000',
      'x-contentful-ratelimit-hour-remaining': '35883',
      'x-contentful-ratelimit-second-limit': '10',
      'x-contentful-ratelimit-second-remaining': '9',
      'x-contentful-ratelimit-reset': '0',
    },
    allowances: [
      ['contentful/hour', 35883, 36000, null, H],
      ['contentful/second', 9, 10, null, S],
    ],
  },
  {
    server: 'Yelp',
    source: 'https://docs.developer.yelp.com/docs/fusion-rate-limiting',
    headers: {
      'ratelimit-dailylimit': '5000',
      'ratelimit-remaining': '4900',
      'ratelimit-resettime': '2026-11-22T00:00:00+00:00',
    },
    allowances: [
      ['/daily', null, 5000, null, D],
      ['', 4900, null, 14.5 * H, null],
    ],
  },
  {
    server: 'Xero',
    source: 'https://developer.xero.com/faq/limits',
    status: 429,
    headers: {
      'x-daylimit-remaining': '4000',
      'x-minlimit-remaining': '0',
      'x-rate-limit-problem': 'minute',
      'retry-after': '20',
    },
    allowances: [
      ['/day', 4000, null, null, D],
      ['/min', 0, null, null, M],
    ],
    retryAfter: 20 * S,
    limited: true,
  },
  {
    server: 'Etsy',
    source: 'https://developers.etsy.com/documentation/essentials/rate-limits',
    headers: {
      'x-limit-per-second': '10',
      'x-remaining-this-second': '9',
      'x-limit-per-day': '10000',
      'x-remaining-today': '9999',
    },
    allowances: [
      ['/second', 9, 10, null, S],
      ['/day', null, 10000, null, D],
      ['/today', 9999, null, null, D],
    ],
  },
  {
    server: 'Pipedrive',
    source: 'https://pipedrive.readme.io/docs/core-api-concepts-rate-limiting',
    headers: {
      'x-ratelimit-limit': '80',
      'x-ratelimit-remaining': '79',
      'x-ratelimit-reset': '2',
      'x-daily-requests-left': '9000',
    },
    allowances: [
      ['', 79, 80, 2 * S, null],
      ['/daily-requests', 9000, null, null, D],
    ],
  },
  {
    server: 'Vimeo',
    source: 'https://developer.vimeo.com/guidelines/rate-limiting',
    headers: {
      'x-ratelimit-limit': '100',
      'x-ratelimit-remaining': '94',
      'x-ratelimit-reset': '2026-11-21T09:31:00+00:00',
    },
    allowances: [['', 94, 100, M, null]],
  },
  {
    server: 'Hetzner Cloud',
    source: 'https://docs.hetzner.cloud/reference/cloud#rate-limiting',
    headers: { 'ratelimit-limit': '3600', 'ratelimit-remaining': '2456', 'ratelimit-reset': '1795254544' },
    allowances: [['', 2456, 3600, 1144 * S, null]],
  },
  {
    server: 'Heroku',
    source: 'https://devcenter.heroku.com/articles/platform-api-reference#rate-limits',
    headers: { 'ratelimit-remaining': '2400' },
    allowances: [['', 2400, null, null, null]],
  },
  {
    server: 'Google, limited as 403',
    source: 'https://developers.google.com/workspace/drive/api/guides/handle-errors',
    status: 403,
    headers: {},
    body: '{"error":{"errors":[{"domain":"usageLimits","reason":"userRateLimitExceeded","message":"User Rate Limit Exceeded"}]}}',
    limited: true,
  },
  {
    server: 'Microsoft Graph, overloaded',
    source: 'https://learn.microsoft.com/en-us/graph/throttling',
    status: 503,
    headers: { 'retry-after': 'Sat, 21 Nov 2026 09:32:00 GMT' },
    retryAfter: 2 * M,
    limited: true,
  },
  {
    server: 'a server whose clock is an hour ahead',
    source: 'facts.md: absolute times are read against the Date of the answer',
    headers: {
      date: 'Sat, 21 Nov 2026 10:30:00 GMT',
      'x-ratelimit-remaining': '5',
      'x-ratelimit-reset': '1795257060',
    },
    allowances: [['', 5, null, M, null]],
  },
];
