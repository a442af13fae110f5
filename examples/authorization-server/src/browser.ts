import { createCookieJar } from './cookie-jar.ts'

/** A login and a consent with their redirects take about ten requests. */
const REQUEST_LIMIT = 20

/**
 * A person at a browser: follows redirects, keeps cookies, and fills in and sends every form that
 * comes up, until the server redirects to `destination`.
 *
 * @param values What the person types, by the name of the field.
 * @returns The address of that last redirect. It is not visited.
 */
export async function browse(
  start: URL,
  destination: string,
  values: Readonly<Record<string, string>>,
): Promise<URL> {
  const jar = createCookieJar()
  let url = start
  let form: URLSearchParams | undefined
  for (let requests = 0; requests < REQUEST_LIMIT; requests++) {
    const response = await fetch(url, {
      headers: { accept: 'text/html', cookie: jar.headerFor(url) },
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
    if (!response.ok) throw new Error(`${url.pathname} answered ${response.status} ${page.trim()}`)
    form = fillIn(page, values)
    url = new URL(attributeOf(page.match(/<form[^>]*>/)?.[0], 'action') ?? url, url)
  }
  throw new Error(`The sign-in did not come to an end in ${REQUEST_LIMIT} requests`)
}

/** The page's fields with their preset values, or else the person's. */
function fillIn(page: string, values: Readonly<Record<string, string>>): URLSearchParams {
  const form = new URLSearchParams()
  for (const [input] of page.matchAll(/<input[^>]*>/g)) {
    const name = attributeOf(input, 'name')
    if (name !== undefined) form.set(name, values[name] ?? attributeOf(input, 'value') ?? '')
  }
  return form
}

function attributeOf(tag: string | undefined, name: string): string | undefined {
  return tag?.match(new RegExp(`\\s${name}="([^"]*)"`))?.[1]
}
