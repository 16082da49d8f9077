// The files that accounts are given, and the type that each is uploaded as. A server trusts it only for bytes it does not know itself.
import fs from 'node:fs/promises'
import path from 'node:path'

const TYPES = {
  '.avif': 'image/avif',
  '.gif': 'image/gif',
  '.heic': 'image/heic',
  '.html': 'text/html',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain',
  '.webp': 'image/webp',
}

// In the order of their names; none where there is no such folder. Folders in it are left out.
export async function readPictures(folder) {
  const entries = await fs.readdir(folder, { withFileTypes: true }).catch((error) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => entry.name).sort()
  return Promise.all(files.map(async (file) => ({
    file,
    bytes: await fs.readFile(path.join(folder, file)),
    mimeType: TYPES[path.extname(file).toLowerCase()] ?? 'application/octet-stream',
  })))
}
