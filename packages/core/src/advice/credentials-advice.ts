import { LIMITS } from '../limits.ts'
import type { Advice } from './refusal-facts.ts'

/** Advice on requests without usable credentials. */
export const getCredentialsAdvice = () =>
  ({
    no_credentials: [
      {
        when: ({ explanation: { check } }) => check !== 'Authorization',
        advice: 'In the client: send the token in the place that the option credentials defines.',
      },
      "In the client: send 'Authorization: Bearer <token>'. If the client already sends it, a proxy in front of this API removes the header.",
    ],
    unsupported_scheme: [
      {
        found: 'a JWT without a scheme',
        advice: "In the client: write 'Bearer ' before the token.",
      },
      {
        found: 'one word, so the scheme or the token is missing',
        advice: "In the client: send the scheme and the token: 'Authorization: Bearer <token>'.",
      },
      {
        found: 'an Authorization header instead',
        advice:
          'In the client: send the token in the header that the option credentials names, without an Authorization header.',
      },
      {
        found: 'the scheme DPoP',
        advice:
          'In the client: request a token without a DPoP proof, and send it with the scheme Bearer.',
      },
      "In the client: send an access token: 'Authorization: Bearer <token>'.",
    ],
    malformed_credentials: [
      {
        found: 'a scheme before the token',
        advice:
          "In the client, or where verify is called: remove 'Bearer ': only the token is expected here.",
      },
      {
        when: ({ explanation: { check, expected } }) =>
          check !== 'Authorization' && (expected === 'a string' || expected === 'a token'),
        advice:
          'In the client, or where verify is called: pass the token as a string. Check why the variable with the token is empty.',
      },
      {
        found: 'a colon after the scheme',
        advice: "In the client: remove the colon: 'Authorization: Bearer <token>'.",
      },
      {
        found: 'a variable that was not replaced',
        advice:
          'In the client: replace the variable with its value. A shell does not replace a variable in single quotes.',
      },
      {
        found: 'no token',
        advice:
          'In the client: send the token after the scheme. Check why the variable with the token is empty.',
      },
      {
        found: 'the text [object Object]',
        advice:
          'In the client: put the access_token of the response into the header, not the whole response.',
      },
      {
        found: 'the text [object Promise]',
        advice: 'In the client: await the token before you write it into the header.',
      },
      {
        found: 'the scheme twice',
        advice:
          "In the client: write 'Bearer ' once. The variable with the token already contains 'Bearer '.",
      },
      {
        found: 'a token in quotes or brackets',
        advice: 'In the client: remove the quotes or brackets around the token.',
      },
      {
        found: 'white space in the token',
        advice:
          'In the client: remove line breaks and spaces from the token. If the token is read from a file, trim the text.',
      },
      {
        found: `at least ${LIMITS.headerLines} header lines`,
        advice:
          'In the client: send fewer header lines: if there are too many, some versions of Node drop the rest.',
      },
      "In the client: send exactly one token: 'Authorization: Bearer <token>'.",
    ],
    multiple_credentials: [
      {
        found: 'several, joined by a comma',
        advice:
          'In the client or a proxy: send one Authorization header. If a proxy adds such a header, the proxy must remove the header of the client.',
      },
      'In the client or a proxy: send one header with credentials. If a proxy adds such a header, the proxy must remove the header of the client.',
    ],
  }) satisfies Advice
