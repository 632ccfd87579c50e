-- Keeps the alternative text of figures, which pandoc's Typst writer drops.

local function quoted(text)
  return '"' .. text:gsub('\\', '\\\\'):gsub('"', '\\"'):gsub('\n', ' ') .. '"'
end

local function typst(blocks)
  return (pandoc.write(pandoc.Pandoc(blocks), 'typst'):gsub('%s+$', ''))
end

function Figure(figure)
  local drawing
  figure:walk({ Image = function(image) drawing = image end })
  local alternative = pandoc.utils.stringify(drawing.caption)
  return pandoc.RawBlock('typst', string.format(
    '#figure(image(%s, alt: %s, width: %s), caption: [%s])',
    quoted(drawing.src), quoted(alternative), drawing.attributes.width or '100%',
    typst(figure.caption.long)))
end
