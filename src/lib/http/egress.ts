import { type LookupAddress, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { inNetwork } from './proxy.ts';
import { RouteError } from './trouble.ts';

/** Which addresses may be connected to. */
export interface Egress {
  /** Only public addresses: not those of this machine, of private networks, of clouds' metadata. */
  readonly deny_private: boolean;
  /** Networks that are allowed nevertheless, such as `10.1.0.0/16`. */
  readonly allow: readonly string[];
}

type Address = ipaddr.IPv4 | ipaddr.IPv6;

/** Whether a policy allows an address, given as text; never for what is no address. */
export function allows({ deny_private, allow }: Egress, text: string): boolean {
  // A zone (`fe80::1%eth0`) does not change what kind of address it is.
  const bare = text.replace(/%.*$/, '');
  if (!ipaddr.isValid(bare)) return false;
  const address = reached(ipaddr.process(bare));
  if (allow.some((network) => inNetwork(address, ipaddr.parseCIDR(network)))) return true;
  return !deny_private || isPublic(address);
}

/**
 * The address that packets actually reach: NAT64 addresses (RFC 6052) lead to IPv4; IPv4-mapped ones were converted
 * before.
 */
function reached(address: Address): Address {
  if (address.kind() === 'ipv4' || !inNetwork(address, NAT64)) return address;
  return ipaddr.fromByteArray(address.toByteArray().slice(12));
}

const NAT64 = ipaddr.parseCIDR('64:ff9b::/96');

/** The IPv6 space that is assigned for global unicast: https://www.iana.org/assignments/ipv6-address-space */
const GLOBAL = ipaddr.parseCIDR('2000::/3');

function isPublic(address: Address): boolean {
  return address.range() === 'unicast' && (address.kind() === 'ipv4' || inNetwork(address, GLOBAL));
}

/** Checks a host that is an address literal; names are checked by {@link guarded} when they are resolved. */
export function refusal(egress: Egress, hostname: string): RouteError | null {
  const host = hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 || allows(egress, host) ? null : denied(host);
}

/** Resolves names as the system does, and keeps only allowed addresses, so that no other is ever connected to. */
export function guarded(egress: Egress, lookup: typeof systemLookup = systemLookup): LookupFunction {
  return (hostname, options, done) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return done(error, '');
      const addresses = found as LookupAddress[];
      const allowed = addresses.filter(({ address }) => allows(egress, address));
      const [first] = allowed;
      if (!first) return done(denied(hostname, addresses), '');
      if (options.all) done(null, allowed);
      else done(null, first.address, first.family);
    });
  };
}

function denied(host: string, addresses: readonly LookupAddress[] = []): RouteError {
  const list = addresses.slice(0, 3).map(({ address }) => address);
  const places = list.length === 0 ? host : `${host} (${list.join(', ')})`;
  return new RouteError('egress', `\`egress\` does not allow connections to ${places}`);
}
