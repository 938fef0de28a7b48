const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** IMF-fixdate, then the two obsolete forms that recipients must accept: RFC 850 and asctime (RFC 9110, 5.6.7). */
const FORMS = [
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), (?<day>\d\d) (?<month>[A-Z][a-z]{2}) (?<year>\d{4}) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day, (?<day>\d\d)-(?<month>[A-Z][a-z]{2})-(?<year>\d\d) (?<time>\d\d:\d\d:\d\d) GMT$/,
  /^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (?<month>[A-Z][a-z]{2}) (?<day>[ \d]\d) (?<time>\d\d:\d\d:\d\d) (?<year>\d{4})$/,
];

/**
 * Reads an HTTP date (RFC 9110, 5.6.7), as strictly as the grammar: null for everything else, 31 February included.
 *
 * @returns Unix milliseconds
 */
export function parseHttpDate(text: string): number | null {
  for (const form of FORMS) {
    const parts = form.exec(text)?.groups;
    if (parts) return instant(parts);
  }
  return null;
}

function instant(parts: { [part: string]: string | undefined }): number | null {
  const day = Number(parts.day);
  const month = MONTHS.indexOf(parts.month ?? '');
  const [hour = 0, minute = 0, second = 0] = (parts.time ?? '').split(':').map(Number);
  if (month < 0 || hour > 23 || minute > 59 || second > 60) return null;
  const time = Date.UTC(fullYear(parts.year ?? ''), month, day, hour, minute, second);
  return new Date(Date.UTC(fullYear(parts.year ?? ''), month, day)).getUTCDate() === day ? time : null;
}

/** Servers that still write two digits are from the years around 2000; none will outlive 2069. */
function fullYear(digits: string): number {
  const year = Number(digits);
  if (digits.length > 2) return year;
  return year < 70 ? 2000 + year : 1900 + year;
}
