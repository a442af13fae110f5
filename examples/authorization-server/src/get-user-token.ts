import { parseArgs } from 'node:util'
import { signIn } from './sign-in.ts'

const USAGE = `Usage: node get-user-token.js --issuer <url> --client <id> --user <id> --resource <uri> --scope <scopes>

  Signs the user in at a running example authorization server and prints the access token.`

try {
  const { issuer, client, user, resource, scope } = readArguments()
  const { access_token: token } = await signIn(
    issuer,
    { id: client },
    { id: user },
    { scope: `openid ${scope}`, resource },
  )
  console.log(token)
} catch (error) {
  const { message, cause } = error as Error
  console.error(cause instanceof Error ? `${message}: ${cause.message}` : message)
  process.exitCode = 1
}

function readArguments() {
  const required = { type: 'string' } as const
  const { values } = parseArgs({
    options: {
      issuer: required,
      client: required,
      user: required,
      resource: required,
      scope: required,
    },
  })
  const { issuer, client, user, resource, scope } = values
  if (!issuer || !client || !user || !resource || !scope) {
    throw new Error(`An argument is missing.\n\n${USAGE}`)
  }
  return { issuer, client, user, resource, scope }
}
