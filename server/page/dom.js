// element makes an element with properties, and with children: other elements,
// or texts, which stay texts.
export function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties)
  made.append(...children)
  return made
}

export const byId = id => document.getElementById(id)
