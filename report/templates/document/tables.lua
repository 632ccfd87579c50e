-- Fits tables to the page. Column widths follow the words in them, and the font size is the largest
-- that fits. Tables that do not fit at any size get a landscape page of their own.

local TEXT, LANDSCAPE = 453.5, 692.8 -- text width of a portrait and a landscape page, in points
local LETTERS = { 8.4, 7.8, 7.2 } -- font sizes in points, largest first
local SMALLEST = 6.6 -- smallest font size on a landscape page
local INSET = 0.9 -- left and right inset of a column, in em
local WHOLE = 26 -- longer texts may be broken into lines of at least this many letters
local FULL = 0.66 -- a table wider than this share of the text width fills all of it

-- Widths of letters of Libertinus Serif, in em.
local WIDTHS = { { "[ijl.,:;'|!]", 0.26 }, { '[ftr%(%)%[%]/%-]', 0.36 }, { '[mwMW%%]', 0.8 }, { '[A-Z]', 0.66 } }
local USUAL, NOTCHES = 0.5, 1.05

local function quoted(text)
  return '"' .. text:gsub('\\', '\\\\'):gsub('"', '\\"'):gsub('\n', ' ') .. '"'
end

local function typst(blocks)
  return (pandoc.write(pandoc.Pandoc(blocks), 'typst'):gsub('%s+$', ''))
end

local function width(text)
  local total = 0
  for _, code in utf8.codes(text) do
    local letter, wide = utf8.char(code), USUAL
    for _, class in ipairs(WIDTHS) do
      if letter:match(class[1]) then wide = class[2] break end
    end
    total = total + wide
  end
  return total * NOTCHES
end

local function longest_word(text)
  local longest = 0
  for word in text:gmatch('%S+') do longest = math.max(longest, width(word)) end
  return longest
end

local function is_figure(text)
  return text == '–' or text:match('^[<≈+−-]*%d[%d.,]*[^%a]*%a?%a?$') ~= nil
end

local function measured(column, head, rows)
  local natural, word, figures = longest_word(head[column]), longest_word(head[column]), #rows > 0
  for _, row in ipairs(rows) do
    natural, word = math.max(natural, width(row[column])), math.max(word, longest_word(row[column]))
    figures = figures and is_figure(row[column])
  end
  local whole = natural <= WHOLE * USUAL
  local least = whole and natural or math.max(word, WHOLE * USUAL)
  return { natural = natural + INSET, least = least + INSET, whole = whole, figures = figures }
end

local function sum(columns, name)
  local total = 0
  for _, column in ipairs(columns) do total = total + column[name] end
  return total
end

-- Returns the font size, the text width in points, and whether the page is landscape.
local function sheet_for(columns)
  local least = sum(columns, 'least')
  for _, size in ipairs(LETTERS) do
    if least * size <= TEXT then return size, TEXT, false end
  end
  return math.max(SMALLEST, math.min(LETTERS[1], LANDSCAPE / least)), LANDSCAPE, true
end

-- Returns the width of each column in points: what it needs, plus a share of the remaining width
-- in proportion to the length of its texts.
local function shares(columns, size, measure)
  local left = measure - sum(columns, 'least') * size
  local wanted = (sum(columns, 'natural') - sum(columns, 'least')) * size
  local part = wanted > 0 and math.max(0, math.min(1, left / wanted)) or 0
  local points, total = {}, 0
  for place, column in ipairs(columns) do
    points[place] = (column.least + part * (column.natural - column.least)) * size
    total = total + points[place]
  end
  if total > measure or total > FULL * measure then
    for place, wide in ipairs(points) do points[place] = wide * measure / total end
  end
  return points
end

local function texts(cells)
  return pandoc.List(cells):map(function(cell) return pandoc.utils.stringify(cell) end)
end

local function is_plain(cell)
  local plain = true
  pandoc.Blocks(cell):walk({ Inline = function(inline)
    plain = plain and (inline.tag == 'Str' or inline.tag == 'Space' or inline.tag == 'SoftBreak')
  end })
  return plain
end

local function written(cell)
  return is_plain(cell) and quoted(pandoc.utils.stringify(cell)) or '[' .. typst(cell) .. ']'
end

local function row_of(cells)
  return '(' .. table.concat(pandoc.List(cells):map(written), ', ') .. ',)'
end

function Table(given)
  local simple = pandoc.utils.to_simple_table(given)
  local head, rows, columns = texts(simple.headers), pandoc.List(simple.rows):map(texts), {}
  for place = 1, #simple.aligns do columns[place] = measured(place, head, rows) end
  local size, measure, is_landscape = sheet_for(columns)
  local widths, aligns = {}, {}
  for place, points in ipairs(shares(columns, size, measure)) do
    local right = simple.aligns[place] == 'AlignRight' or columns[place].figures
    widths[place] = string.format('%.2fpt', points)
    aligns[place] = right and 'right' or 'left'
  end
  return pandoc.RawBlock('typst', string.format(
    '#%s(%.2fpt, (%s,), (%s,), [%s], %s,\n  %s)',
    is_landscape and 'landscape-sheet' or 'sheet', size,
    table.concat(widths, ', '), table.concat(aligns, ', '),
    typst({ pandoc.Plain(simple.caption) }),
    row_of(simple.headers), table.concat(pandoc.List(simple.rows):map(row_of), ',\n  ')))
end
