import { ignoreRejection } from '../lib/ignore-rejection.ts'
import type { CredentialsOption } from '../model/settings.ts'
import { describeType, Rejection } from '../response/rejection.ts'
import {
  checkToken,
  type Credentials,
  type CredentialsReader,
  parseCredentials,
} from './credentials.ts'
import { headerValues } from './header-values.ts'

/** Makes the reader that the option `credentials` asks for. */
export function createCredentialsReader(option: CredentialsOption | undefined): CredentialsReader {
  if (option === undefined) return parseCredentials
  return typeof option === 'function' ? byFunction(option) : inHeader(option.header.toLowerCase())
}

/**
 * Reads the token alone from a header of another name. A request that has an `Authorization` header is refused: another
 * reader of the same request might take that one.
 */
function inHeader(name: string): CredentialsReader {
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

/** Calls a function of the application. What it throws is thrown, and nobody is granted. */
function byFunction(find: (request: never) => string | undefined): CredentialsReader {
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
      `credentials must return a token or undefined at once, not ${describeType(token)}.`,
    )
  }
}

function toCredentials(token: string, check: string): Credentials | Rejection {
  return checkToken(token, check) ?? { scheme: 'Bearer', token }
}
