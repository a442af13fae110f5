import { type CookieJar, createCookieJar } from './cookie-jar.ts'

/** A sign-in with login, consent and redirects takes about ten requests. */
const REQUEST_LIMIT = 20

/**
 * Signs in like a browser: follows redirects, stores cookies, and fills in and submits each form. Stops when
 * the server redirects to `destination`.
 *
 * @param values Values to type into the forms, by field name.
 * @param jar Cookies of earlier sign-ins in the same browser.
 * @returns The URL of the redirect to `destination`. This URL is not requested.
 */
export async function browse(
  start: URL,
  destination: string,
  values: Readonly<Record<string, string>>,
  jar: CookieJar = createCookieJar(),
): Promise<URL> {
  let url = start
  let form: URLSearchParams | undefined
  for (let requests = 0; requests < REQUEST_LIMIT; requests++) {
    const response = await fetch(url, {
      headers: { accept: 'text/html', cookie: jar.getHeader(url) },
      redirect: 'manual',
      ...(form && { method: 'POST', body: form }),
    })
    jar.store(response)
    const page = await response.text()
    const location = response.headers.get('location')
    if (location !== null) {
      url = new URL(location, url)
      if (url.href.startsWith(destination)) return url
      form = undefined
      continue
    }
    if (!response.ok)
      throw new Error(`${url.pathname} responded with ${response.status}: ${page.trim()}`)
    form = fillIn(page, values)
    url = new URL(readAttribute(page.match(/<form[^>]*>/)?.[0], 'action') ?? url, url)
  }
  throw new Error(`The sign-in took more than ${REQUEST_LIMIT} requests`)
}

/** Returns the form fields of a page. If `values` has no value for a field, the field keeps its preset value. */
function fillIn(page: string, values: Readonly<Record<string, string>>): URLSearchParams {
  const form = new URLSearchParams()
  for (const [input] of page.matchAll(/<input[^>]*>/g)) {
    const name = readAttribute(input, 'name')
    if (name !== undefined) form.set(name, values[name] ?? readAttribute(input, 'value') ?? '')
  }
  return form
}

function readAttribute(tag: string | undefined, name: string): string | undefined {
  return tag?.match(new RegExp(`\\s${name}="([^"]*)"`))?.[1]
}
