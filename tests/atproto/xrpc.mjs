// Calls to a Personal Data Server, as any client makes them. `authorization` is a whole header.

// A GET: the response, whatever its type.
export async function fetchQuery(server, method, parameters, authorization) {
  const url = new URL(`/xrpc/${method}`, server.url)
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return answered(method, await fetch(url, { headers: authorization ? { authorization } : {} }))
}

export async function query(server, method, parameters, authorization) {
  return (await fetchQuery(server, method, parameters, authorization)).json()
}

// A POST of bytes, if any: the parsed answer, or nothing where there is none.
export async function send(server, method, bytes, contentType, authorization) {
  const headers = { ...(bytes && { 'content-type': contentType }), ...(authorization && { authorization }) }
  const response = await fetch(new URL(`/xrpc/${method}`, server.url), { method: 'POST', headers, body: bytes })
  const text = await (await answered(method, response)).text()
  return text ? JSON.parse(text) : undefined
}

export function procedure(server, method, input, authorization) {
  return send(server, method, JSON.stringify(input), 'application/json', authorization)
}

async function answered(method, response) {
  if (!response.ok) throw new Error(`${method}: ${response.status} ${await response.text()}`)
  return response
}
