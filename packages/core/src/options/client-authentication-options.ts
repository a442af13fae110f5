import { hasControlCharacters } from '../authorization-server/authenticate-client.ts'
import { hintAt } from '../configuration-problems.ts'
import { checkPrivateKey } from '../signature/private-key.ts'
import { describeGiven } from '../lib/describe-given.ts'
import { isPlainObject, copyOwnMembers } from '../lib/objects.ts'
import type {
  ClientAssertion,
  ClientAuthentication,
  PrivateKeyJwt,
  Secret,
} from '../model/client-authentication.ts'
import { isAlgorithm } from '../signature/algorithms.ts'
import { nestContext, type OptionContext } from './option-context.ts'
import { custom, fn, isName, text } from './option-rows.ts'
import {
  type AnyOptionRow,
  type OptionReader,
  type OptionRow,
  type OptionTable,
  readRows,
  reportUnknownNames,
} from './option-table.ts'

const SECRET: OptionTable<{ readonly secret: Secret }> = {
  secret: /* @__PURE__ */ custom(readSecretText, { required: true, isSecret: true }),
}

const KEY: OptionTable<Partial<Omit<PrivateKeyJwt & ClientAssertion, 'method'>>> = {
  // `checkKey` checks the key together with the algorithm.
  key: /* @__PURE__ */ custom((given) => given as PrivateKeyJwt['key'] | undefined),
  algorithm: /* @__PURE__ */ custom(readAlgorithm),
  keyId: /* @__PURE__ */ text('a non-empty string'),
  audience: /* @__PURE__ */ text('a non-empty string'),
  assertion: /* @__PURE__ */ fn({
    must: 'a function that returns a new assertion for each request',
  }),
}

/** The options of each method, in addition to `method`. */
const METHODS: Readonly<
  Record<ClientAuthentication['method'], Readonly<Record<string, AnyOptionRow>>>
> = {
  client_secret_basic: SECRET,
  client_secret_post: SECRET,
  private_key_jwt: KEY,
  tls_client_auth: {},
}

/** The option `clientAuthentication`. Messages contain no value that can be secret. */
export const CLIENT_AUTHENTICATION: OptionRow<ClientAuthentication, ClientAuthentication> =
  /* @__PURE__ */ createRow()

function createRow(): OptionRow<ClientAuthentication, ClientAuthentication> {
  return custom(readClientAuthentication, { required: true, table: { ...SECRET, ...KEY } })
}

/** The option `clientId`. `advice` ends the sentence "set the id under which ...". */
export function clientId(advice: string): OptionRow<string, string> {
  const read: OptionReader<string> = (given, name, { report }) => {
    if (!isName(given)) {
      report(
        given === undefined || given === ''
          ? `${name} is missing: set the id under which ${advice}. If it comes from an environment variable, check that the variable is set.`
          : `${name} must be a non-empty string, not ${describeGiven(given)}.`,
      )
      return ''
    }
    if (hasControlCharacters(given)) report(describeControlCharacter(name))
    return given
  }
  return custom(read, { required: true })
}

function readClientAuthentication(
  given: unknown,
  name: string,
  context: OptionContext,
): ClientAuthentication {
  const own = copyOwnMembers(isPlainObject(given) ? given : {})
  const { method } = own
  if (!isMethod(method)) {
    context.report(describeWrong(given, method, name))
    return { method: 'tls_client_auth' }
  }
  const members = nestContext(context, name)
  reportUnknownNames(own, ['method', ...Object.keys(METHODS[method])], members)
  readRows(METHODS[method], own, members)
  if (method === 'private_key_jwt') {
    if (own['assertion'] === undefined) checkKey(own, members)
    else checkAssertion(own, members)
  }
  // Returns the copy, because its values were checked. The copy has no prototype.
  return own as unknown as ClientAuthentication
}

/** Describes a wrong value without showing a part of it, because it can be a secret in the wrong place. */
function describeWrong(given: unknown, method: unknown, name: string): string {
  const known = Object.keys(METHODS)
  if (typeof method === 'string') {
    const similar = known.find((one) => method.length > 3 && one.includes(method.toLowerCase()))
    return `${name}.method is not a known method. ${hintAt(similar ?? method, known, 'methods')}`
  }
  const what = given === undefined ? 'is missing: set' : 'must be'
  return `${name} ${what} an object with a method (${known.join(', ')}) and its credentials.`
}

function describeControlCharacter(name: string): string {
  return `${name} contains a control character, such as a line break: remove it.`
}

function isMethod(method: unknown): method is ClientAuthentication['method'] {
  return typeof method === 'string' && Object.hasOwn(METHODS, method)
}

function readSecretText(given: unknown, name: string, { report }: OptionContext): Secret {
  if (given === undefined || given === '')
    report(
      `${name} is missing or empty: set the secret. If it comes from an environment variable, check that variable.`,
    )
  else if (typeof given === 'string') {
    if (hasControlCharacters(given)) report(describeControlCharacter(name))
  } else if (typeof given !== 'function')
    report(`${name} must be a string, or a function that returns one.`)
  return given as Secret
}

function readAlgorithm(
  given: unknown,
  name: string,
  { report }: OptionContext,
): PrivateKeyJwt['algorithm'] {
  if (given === undefined || isAlgorithm(given)) return given
  report(`${name} must be the name of an algorithm, such as ES256.`)
  return undefined
}

type OwnMembers = Readonly<Record<string, unknown>>

function checkKey({ key, algorithm }: OwnMembers, { toName, report }: OptionContext): void {
  if (key === undefined) {
    report(
      `${toName('key')} is missing: set a private CryptoKey, KeyObject or JWK, a function that returns one, or ${toName('assertion')}.`,
    )
  } else if (typeof key !== 'function' && (algorithm === undefined || isAlgorithm(algorithm))) {
    const why = checkPrivateKey(key, algorithm)
    if (why !== undefined) report(`${toName('key')} ${why}.`)
  }
}

function checkAssertion(own: OwnMembers, { toName, report }: OptionContext): void {
  for (const name of Object.keys(KEY)) {
    if (name === 'assertion' || own[name] === undefined) continue
    report(`${toName(name)} cannot be combined with assertion: remove one of them.`)
  }
}
