/** Returns whether an origin may read responses, as the function of an application does. */
export function isAllowedOrigin(origin: string): boolean {
  return origin.endsWith('.example.com')
}
