-- The first chapter is the answer; those that follow are counted.

local first = true

function Header(header)
  if header.level == 1 and first then
    first = false
    header.classes:insert('unnumbered')
  end
  return header
end
