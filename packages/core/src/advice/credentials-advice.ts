import { LIMITS } from '../limits.ts'
import type { AdviceRow } from './refusal-facts.ts'

const IN_THE_CLIENT = 'In the client'

/** Advice on requests without usable credentials. */
export const CREDENTIALS_ADVICE: readonly AdviceRow[] = [
  {
    reason: 'no_credentials',
    when: ({ explanation: { check } }) => check !== 'Authorization',
    sign: 'the option `credentials` is set',
    where: IN_THE_CLIENT,
    change: 'send the token in the place that the option credentials defines.',
  },
  {
    reason: 'no_credentials',
    where: IN_THE_CLIENT,
    change:
      "send 'Authorization: Bearer <token>'. If the client already sends it, find the proxy in front of this API that removes the header.",
  },
  {
    reason: 'unsupported_scheme',
    found: 'a JWT without a scheme',
    where: IN_THE_CLIENT,
    change: "write 'Bearer ' before the token.",
  },
  {
    reason: 'unsupported_scheme',
    found: 'one word, so the scheme or the token is missing',
    where: IN_THE_CLIENT,
    change: "send the scheme and the token: 'Authorization: Bearer <token>'.",
  },
  {
    reason: 'unsupported_scheme',
    found: 'an Authorization header instead',
    where: IN_THE_CLIENT,
    change:
      'send the token in the header that the option credentials names, without an Authorization header.',
  },
  {
    reason: 'unsupported_scheme',
    found: 'the scheme DPoP',
    where: IN_THE_CLIENT,
    change: 'request a token without a DPoP proof, and send it with the scheme Bearer.',
  },
  {
    reason: 'unsupported_scheme',
    where: IN_THE_CLIENT,
    change: "send an access token: 'Authorization: Bearer <token>'.",
  },
  {
    reason: 'malformed_credentials',
    found: 'a scheme before the token',
    where: 'In the client, or where verify is called',
    change: "remove 'Bearer ': only the token is expected here.",
  },
  {
    reason: 'malformed_credentials',
    when: ({ explanation: { check, expected } }) =>
      check !== 'Authorization' && (expected === 'a string' || expected === 'a token'),
    sign: 'the token is an empty string, or not a string',
    where: 'In the client, or where verify is called',
    change: 'pass the token as a string. Check why the variable with the token is empty.',
  },
  {
    reason: 'malformed_credentials',
    found: 'a colon after the scheme',
    where: IN_THE_CLIENT,
    change: "remove the colon: 'Authorization: Bearer <token>'.",
  },
  {
    reason: 'malformed_credentials',
    found: 'a variable that was not replaced',
    where: IN_THE_CLIENT,
    change: 'replace the variable with its value. In a shell, single quotes prevent that.',
  },
  {
    reason: 'malformed_credentials',
    found: 'no token',
    where: IN_THE_CLIENT,
    change: 'send the token after the scheme. Check why the variable with the token is empty.',
  },
  {
    reason: 'malformed_credentials',
    found: 'the text [object Object]',
    where: IN_THE_CLIENT,
    change: 'put the access_token of the response into the header, not the whole response.',
  },
  {
    reason: 'malformed_credentials',
    found: 'the text [object Promise]',
    where: IN_THE_CLIENT,
    change: 'await the token before you write it into the header.',
  },
  {
    reason: 'malformed_credentials',
    found: 'the scheme twice',
    where: IN_THE_CLIENT,
    change: "write 'Bearer ' once: the variable with the token already contains it.",
  },
  {
    reason: 'malformed_credentials',
    found: 'a token in quotes or brackets',
    where: IN_THE_CLIENT,
    change: 'remove the quotes or brackets around the token.',
  },
  {
    reason: 'malformed_credentials',
    found: 'white space in the token',
    where: IN_THE_CLIENT,
    change: 'remove line breaks and spaces from the token. If it is read from a file, trim it.',
  },
  {
    reason: 'malformed_credentials',
    found: `at least ${LIMITS.headerLines} header lines`,
    where: IN_THE_CLIENT,
    change: 'send fewer header lines: some versions of Node drop the lines above their maximum.',
  },
  {
    reason: 'malformed_credentials',
    where: IN_THE_CLIENT,
    change: "send exactly one token: 'Authorization: Bearer <token>'.",
  },
  {
    reason: 'multiple_credentials',
    found: 'several, joined by a comma',
    where: 'In the client or a proxy',
    change:
      'send one Authorization header. If a proxy adds its own, it must replace the header of the client.',
  },
  {
    reason: 'multiple_credentials',
    where: 'In the client or a proxy',
    change:
      'send one header with credentials. If a proxy adds its own, it must replace the header of the client.',
  },
]
