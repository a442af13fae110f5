import { ignoreRejection } from '../lib/ignore-rejection.ts'
import type { CredentialsOption } from '../model/settings.ts'
import type { Scheme } from '../response/challenge.ts'
import { describeType, Rejection } from '../response/rejection.ts'
import {
  BEARER,
  checkToken,
  type Credentials,
  type CredentialsReader,
  parseCredentials,
} from './credentials.ts'
import { headerValues } from '../model/header-values.ts'

/**
 * Creates the reader for the option `credentials`. If the option is not set, the reader reads `Authorization` with one of
 * `schemes`.
 */
export function createCredentialsReader(
  option: CredentialsOption | undefined,
  schemes: readonly Scheme[] = BEARER,
): CredentialsReader {
  if (option === undefined) return (request) => parseCredentials(request, schemes)
  return typeof option === 'function'
    ? createFunctionReader(option)
    : createHeaderReader(option.header.toLowerCase())
}

/**
 * Creates a reader for a header that contains only the token. The reader rejects a request that has an `Authorization`
 * header, because another component might read the `Authorization` header.
 */
function createHeaderReader(name: string): CredentialsReader {
  return (request) => {
    const values = headerValues(request, name)
    const reject = (reason: Rejection['reason'], found: string) =>
      new Rejection(reason, { check: name, expected: 'one token in one header line', found })
    if (headerValues(request, 'authorization').length > 0) {
      return values.length > 0
        ? reject('multiple_credentials', 'an Authorization header as well')
        : reject('unsupported_scheme', 'an Authorization header instead')
    }
    if (values.length === 0) return reject('no_credentials', 'nothing')
    if (values.length > 1) return reject('multiple_credentials', 'several header lines')
    return toCredentials(values[0]!, name)
  }
}

/** Creates a reader that calls a function of the application. An error of this function is passed to the caller of the guard. */
function createFunctionReader(find: (request: never) => string | undefined): CredentialsReader {
  return (_request, raw) => {
    const token: unknown = find(raw as never)
    if (token === undefined) {
      return new Rejection('no_credentials', {
        check: 'credentials',
        expected: 'an access token',
        found: 'nothing',
      })
    }
    if (typeof token === 'string') return toCredentials(token, 'credentials')
    ignoreRejection(token)
    throw new TypeError(
      `credentials must return a token or undefined synchronously, not ${describeType(token)}.`,
    )
  }
}

function toCredentials(token: string, check: string): Credentials | Rejection {
  return checkToken(token, check) ?? { scheme: 'Bearer', token }
}
